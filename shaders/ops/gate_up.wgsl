// silu(gate) * up of the feed-forward layer, norm factor included. A team holds R / 2 gate rows and the same up rows.
// Dispatch: ROWS / 2 outputs per workgroup.
@group(0) @binding(6) var<storage, read_write> activation: array<f32>; // [intermediate]

fn dot_pairs(at: Invocation, first: u32, second: u32, is_mine: bool) -> vec4<f32> {
  var sum = vec4<f32>();
  let end = select(0u, COLS / 32u, is_mine);
  for (var group = lane_of(at); group < end; group += lanes_of(at)) {
    let v = inputs(group);
    sum.x += dot_a(slice.row_offset + first, group, v);
    sum.y += dot_b(slice.row_offset_b + first, group, v);
    if (R > 2u) {
      sum.z += dot_a(slice.row_offset + second, group, v);
      sum.w += dot_b(slice.row_offset_b + second, group, v);
    }
  }
  return team_sum(at, sum);
}

@compute @workgroup_size(WG)
fn main(at: Invocation) {
  let factor = norm_factor(at);
  for (var block = 0u; block < ROWS / R; block += teams_of(at)) {
    let mine = block + team_of(at);
    let row = (at.group.x * ROWS + mine * R) / 2u;
    let is_mine = mine < ROWS / R && row < slice.rows;
    let sums = dot_pairs(at, row, min(row + 1u, slice.rows - 1u), is_mine) * factor;
    if (is_mine && lane_of(at) == 0u) {
      for (var i = 0u; i < min(R / 2u, slice.rows - row); i++) {
        let gate = sums[2u * i];
        activation[slice.row_start + row + i] = gate / (1.0 + exp(-gate)) * sums[2u * i + 1u];
      }
    }
  }
}
