// The lanes of a team share their rows: each takes every lanes-th group of columns, and the team adds up.

// Sums of the slots [0, end) of this workgroup; behind the next barrier `kept` knows them.
fn multiply(at: Invocation, end: u32) {
  for (var slot = team_of(at) * R; slot < end; slot += teams_of(at) * R) {
    let rows = slots_at(at, slot);
    var sums = Sums(vec4<f32>(), vec4<f32>());
    for (var group = lane_of(at); group < COLS / 32u; group += lanes_of(at)) {
      sums = add_group(sums, rows, group, inputs(group));
    }
    keep(at, slot, sums);
  }
}
