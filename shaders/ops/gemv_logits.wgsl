// Logits of one token, final norm factor included. Dispatch: ROWS rows per workgroup.
@group(0) @binding(6) var<storage, read_write> logits: array<f32>; // [vocab]

@compute @workgroup_size(WG)
fn main(at: Invocation) {
  let factor = norm_factor(at);
  for (var block = 0u; block < ROWS / R; block += teams_of(at)) {
    let mine = block + team_of(at);
    let row = at.group.x * ROWS + mine * R;
    let last = slice.rows - 1u;
    let is_mine = mine < ROWS / R && row <= last;
    let sums = dot_rows(at, min(vec4(row, row + 1u, row + 2u, row + 3u), vec4(last)), is_mine) * factor;
    if (is_mine && lane_of(at) == 0u) {
      for (var i = 0u; i < min(R, slice.rows - row); i++) { logits[slice.row_start + row + i] = sums[i]; }
    }
  }
}
