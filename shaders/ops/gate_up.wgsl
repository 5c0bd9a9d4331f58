// silu(gate) * up of the feed-forward layer, norm factor included. Even slots are gate rows, odd ones their up rows.
// Dispatch: ROWS / 2 outputs per workgroup.
@group(0) @binding(6) var<storage, read_write> activation: array<f32>; // [intermediate]

fn row_of(at: Invocation, slot: u32) -> u32 {
  let row = min((at.group.x * ROWS + slot) / 2u, slice.rows - 1u);
  return row + select(slice.row_offset, slice.row_offset_b, slot % 2u == 1u);
}
fn dot_odd(row: u32, group: u32, v: Inputs) -> f32 { return dot_b(row, group, v); }

@compute @workgroup_size(WG)
fn main(at: Invocation) {
  let first = at.group.x * ROWS / 2u;
  let end = min(ROWS / 2u, slice.rows - first);
  share_norm(at);
  multiply(at, 2u * end);
  workgroupBarrier();
  let factor = norm_factor(at);
  for (var i = at.local; i < end; i += WG) {
    let gate = kept(2u * i) * factor;
    activation[slice.row_start + first + i] = gate / (1.0 + exp(-gate)) * kept(2u * i + 1u) * factor;
  }
}
