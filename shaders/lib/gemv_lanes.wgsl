// Every lane has rows of its own, for processors: where a vector of loads is one load after the other, inputs that
// lanes share are worth more than neighbouring lanes that read neighbouring weights. Each lane reads the inputs of one
// group of columns, and the lanes lend them to each other in turn. Behind `team_lane` and a lend prelude.

// Sums of the slots [0, end) of this workgroup; behind the next barrier `kept` knows them.
fn multiply(at: Invocation, end: u32) {
  // All lanes stay to the end, those beyond the last slot too: the others need their inputs.
  for (var round = 0u; round < end; round += WG * R) {
    let slot = round + at.local * R;
    let rows = slots_at(at, slot);
    var sums = Sums(vec4<f32>(), vec4<f32>());
    for (var block = 0u; block < COLS / 32u; block += at.lanes) {
      let mine = inputs(min(block + at.lane, COLS / 32u - 1u));
      let count = min(at.lanes, COLS / 32u - block);
      for (var i = 0u; i < count; i++) { sums = add_group(sums, rows, block + i, lent(mine, i)); }
    }
    if (slot < end) { keep(at, slot, sums); }
  }
}
