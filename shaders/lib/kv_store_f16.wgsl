// Keys and values of one token into the cache, as halves. Four values of a head come at once: columns i, i + 1 and
// their rotation partners half a head further, so that two neighbours fill one word.
@group(0) @binding(7) var<storage, read_write> k_cache: array<u32>; // [KV_HEADS, capacity, HEAD_DIM / 2] of 2 halves
@group(0) @binding(8) var<storage, read_write> v_cache: array<u32>; // [KV_HEADS, capacity, HEAD_DIM / 2] of 2 halves

fn store_kv(kv_head: u32, is_value: bool, position: u32, pair: u32, values: vec4<f32>) {
  let half_dim = HEAD_DIM / 2u;
  let capacity = arrayLength(&k_cache) / (KV_HEADS * half_dim);
  let at = (kv_head * capacity + position) * half_dim + pair / 2u;
  let low = pack2x16float(values.xy);
  let high = pack2x16float(values.zw);
  if (is_value) {
    v_cache[at] = low;
    v_cache[at + half_dim / 2u] = high;
  } else {
    k_cache[at] = low;
    k_cache[at + half_dim / 2u] = high;
  }
}
