// Rotates q and k of every token (half-split pairs d, d + HEAD_DIM / 2) and stores k and v where the prelude says.
// One invocation: two neighbouring dimensions of one head. Dispatch ((HEADS + 2 KV_HEADS) * HEAD_DIM / 512, tokens).
override HEADS: u32;
override KV_HEADS: u32;
override HEAD_DIM: u32; // even

@group(0) @binding(0) var<storage, read> qkv: array<f32>;       // [tokens, HEADS + 2 KV_HEADS, HEAD_DIM]
@group(0) @binding(1) var<storage, read> rope: array<vec2<f32>>; // [positions, HEAD_DIM / 2] of (cos, sin)
@group(0) @binding(2) var<storage, read_write> q: array<f32>;   // [tokens, HEADS, HEAD_DIM]

// Dimension `d` of the head that starts at `head`, rotated.
fn rotated(head: u32, d: u32, position: u32) -> f32 {
  let half = HEAD_DIM / 2u;
  let pair = d % half;
  let turn = rope[position * half + pair];
  let low = qkv[head + pair];
  let high = qkv[head + half + pair];
  return select(high * turn.x + low * turn.y, low * turn.x - high * turn.y, d < half);
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
  let half = HEAD_DIM / 2u;
  let slot = at.x / half;
  let pair = at.x % half;
  if (slot >= HEADS + 2u * KV_HEADS) {
    return;
  }
  let position = chunk.start + at.y;
  let head = (at.y * (HEADS + 2u * KV_HEADS) + slot) * HEAD_DIM;
  let d = 2u * pair;
  if (slot < HEADS) {
    let to = (at.y * HEADS + slot) * HEAD_DIM + d;
    q[to] = rotated(head, d, position);
    q[to + 1u] = rotated(head, d + 1u, position);
  } else if (slot < HEADS + KV_HEADS) {
    let two = vec2<f32>(rotated(head, d, position), rotated(head, d + 1u, position));
    store_pair(at.y, false, slot - HEADS, pair, two);
  } else {
    store_pair(at.y, true, slot - HEADS - KV_HEADS, pair, vec2<f32>(qkv[head + d], qkv[head + d + 1u]));
  }
}
