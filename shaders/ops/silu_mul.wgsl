// silu(gate) * up for every token. Dispatch (INTERMEDIATE / 256, tokens).
override INTERMEDIATE: u32;

@group(0) @binding(0) var<storage, read> gate_up: array<f32>; // [tokens, 2, INTERMEDIATE]
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [tokens, INTERMEDIATE]

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
  if (at.x >= INTERMEDIATE) {
    return;
  }
  let row = at.y * 2u * INTERMEDIATE;
  let gate = gate_up[row + at.x];
  y[at.y * INTERMEDIATE + at.x] = gate / (1.0 + exp(-gate)) * gate_up[row + INTERMEDIATE + at.x];
}
