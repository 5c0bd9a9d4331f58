// Row of the embedding for the token in `state`, and the first norm's share of it. Only the slice that holds the
// token writes anything. Dispatch: HIDDEN / COLUMNS workgroups.
override COLUMNS: u32 = 64; // columns per workgroup

@group(0) @binding(5) var<storage, read> gamma: array<f32>;            // [COLS]
@group(0) @binding(6) var<storage, read_write> residual: array<f32>;   // [COLS]
@group(0) @binding(7) var<storage, read_write> scaled: array<f32>;     // [COLS] residual * gamma
@group(0) @binding(8) var<storage, read_write> squares: array<f32>;    // [COLS / COLUMNS, rounded up]
@group(0) @binding(9) var<uniform> state: State;

var<workgroup> tree: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let row = state.token - slice.row_start;
  let is_here = state.token >= slice.row_start && row < slice.rows;
  var sum = 0.0;
  if (is_here) {
    let end = min(COLS, (group.x + 1u) * COLUMNS);
    for (var col = group.x * COLUMNS + local; col < end; col += 64u) {
      let value = weight_at(row, col);
      residual[col] = value;
      scaled[col] = value * gamma[col];
      sum += value * value;
    }
  }
  tree[local] = sum;
  workgroupBarrier();
  if (local < 8u) {
    for (var other = local + 8u; other < 64u; other += 8u) { sum += tree[other]; }
    tree[local] = sum;
  }
  workgroupBarrier();
  if (is_here && local == 0u) {
    for (var i = 1u; i < 8u; i++) { sum += tree[i]; }
    squares[group.x] = sum;
  }
}
