// Logits of one token, final norm factor included. Dispatch: ROWS rows per workgroup.
@group(0) @binding(6) var<storage, read_write> logits: array<f32>; // [vocab]

fn row_of(at: Invocation, slot: u32) -> u32 { return min(at.group.x * ROWS + slot, slice.rows - 1u); }
fn dot_odd(row: u32, group: u32, v: Inputs) -> f32 { return dot_a(row, group, v); }

@compute @workgroup_size(WG)
fn main(at: Invocation) {
  let first = at.group.x * ROWS;
  let end = min(ROWS, slice.rows - first);
  share_norm(at);
  multiply(at, end);
  workgroupBarrier();
  let factor = norm_factor(at);
  for (var slot = at.local; slot < end; slot += WG) { logits[slice.row_start + first + slot] = kept(slot) * factor; }
}
