// Two neighbouring dimensions of a token of the chunk, unrounded, for store_kv.
@group(0) @binding(3) var<storage, read_write> rows: array<vec2<f32>>; // [tokens, 2, KV_HEADS, HEAD_DIM / 2]: k, then v

fn store_pair(token: u32, is_value: bool, kv_head: u32, pair: u32, two: vec2<f32>) {
  let row = (2u * token + u32(is_value)) * KV_HEADS + kv_head;
  rows[row * (HEAD_DIM / 2u) + pair] = two;
}
