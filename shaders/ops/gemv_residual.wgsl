// residual += W x, with the next norm's weights and its partial sums of squares. Dispatch: ROWS rows per workgroup.
@group(0) @binding(5) var<storage, read> gamma: array<f32>;          // [rows of W] of the next norm
@group(0) @binding(6) var<storage, read_write> residual: array<f32>; // [rows of W]
@group(0) @binding(7) var<storage, read_write> scaled: array<f32>;   // [rows of W] residual * gamma
@group(0) @binding(8) var<storage, read_write> squares: array<f32>;  // [rows of W / ROWS, rounded up]

fn row_of(at: Invocation, slot: u32) -> u32 { return min(at.group.x * ROWS + slot, slice.rows - 1u); }
fn dot_odd(row: u32, group: u32, v: Inputs) -> f32 { return dot_a(row, group, v); }

@compute @workgroup_size(WG)
fn main(at: Invocation) {
  let first = at.group.x * ROWS;
  let end = min(ROWS, slice.rows - first);
  multiply(at, end);
  workgroupBarrier();
  var sum = 0.0;
  for (var slot = at.local; slot < end; slot += WG) {
    let out = slice.row_start + first + slot;
    let value = residual[out] + kept(slot);
    residual[out] = value;
    scaled[out] = value * gamma[out];
    sum += value * value;
  }
  share(at, sum);
  workgroupBarrier();
  if (at.local == 0u) { squares[slice.row_start / ROWS + at.group.x] = shared_sum(at); }
}
