// residual += W x, with the next norm's weights and its partial sums of squares. Dispatch: ROWS rows per workgroup.
@group(0) @binding(5) var<storage, read> gamma: array<f32>;          // [rows of W] of the next norm
@group(0) @binding(6) var<storage, read_write> residual: array<f32>; // [rows of W]
@group(0) @binding(7) var<storage, read_write> scaled: array<f32>;   // [rows of W] residual * gamma
@group(0) @binding(8) var<storage, read_write> squares: array<f32>;  // [rows of W / ROWS, rounded up]

var<workgroup> parts: array<f32, WG>; // one per team

@compute @workgroup_size(WG)
fn main(at: Invocation) {
  var sum = 0.0;
  for (var block = 0u; block < ROWS / R; block += teams_of(at)) {
    let mine = block + team_of(at);
    let row = at.group.x * ROWS + mine * R;
    let last = slice.rows - 1u;
    let is_mine = mine < ROWS / R && row <= last;
    let sums = dot_rows(at, min(vec4(row, row + 1u, row + 2u, row + 3u), vec4(last)), is_mine);
    if (is_mine && lane_of(at) == 0u) {
      for (var i = 0u; i < min(R, slice.rows - row); i++) {
        let out = slice.row_start + row + i;
        let value = residual[out] + sums[i];
        residual[out] = value;
        scaled[out] = value * gamma[out];
        sum += value * value;
      }
    }
  }
  if (lane_of(at) == 0u) { parts[team_of(at)] = sum; }
  workgroupBarrier();
  if (at.local == 0u) {
    var total = 0.0;
    for (var i = 0u; i < teams_of(at); i++) { total += parts[i]; }
    squares[slice.row_start / ROWS + at.group.x] = total;
  }
}
