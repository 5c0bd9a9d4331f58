// Keys and values of one token, unrounded, for store_kv. Four values of a head come at once: columns i, i + 1 and their
// rotation partners half a head further.
@group(0) @binding(7) var<storage, read_write> rows: array<f32>; // [2, KV_HEADS, HEAD_DIM]: k, then v

fn store_kv(kv_head: u32, is_value: bool, position: u32, pair: u32, values: vec4<f32>) {
  let at = (u32(is_value) * KV_HEADS + kv_head) * HEAD_DIM + pair;
  rows[at] = values.x;
  rows[at + 1u] = values.y;
  rows[at + HEAD_DIM / 2u] = values.z;
  rows[at + HEAD_DIM / 2u + 1u] = values.w;
}
