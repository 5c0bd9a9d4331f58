// Two neighbouring dimensions of a token of the chunk into the cache, as halves.
@group(0) @binding(3) var<storage, read_write> k: array<u32>; // [KV_HEADS, capacity, HEAD_DIM / 2] of 2 halves
@group(0) @binding(4) var<storage, read_write> v: array<u32>; // [KV_HEADS, capacity, HEAD_DIM / 2] of 2 halves

fn store_pair(token: u32, is_value: bool, kv_head: u32, pair: u32, two: vec2<f32>) {
  let at = (kv_head * chunk.capacity + chunk.start + token) * (HEAD_DIM / 2u) + pair;
  if (is_value) { v[at] = pack2x16float(two); } else { k[at] = pack2x16float(two); }
}
