// The cache as 8-bit integers, four dimensions at a time, with one scale per head and position that the reader applies
// to scores and weights. `at` counts words: (kv_head * capacity + position) * HEAD_DIM / 4 + word.
// Both: [KV_HEADS, capacity, HEAD_DIM / 4] of 4 integers, then f32 [KV_HEADS, capacity].
@group(0) @binding(1) var<storage, read> k_cache: array<u32>;
@group(0) @binding(2) var<storage, read> v_cache: array<u32>;

fn kv_capacity() -> u32 { return arrayLength(&k_cache) / (KV_HEADS * (HEAD_DIM / 4u + 1u)); }
fn first_scale() -> u32 { return kv_capacity() * KV_HEADS * (HEAD_DIM / 4u); }

fn key4(at: u32) -> vec4<f32> { return vec4<f32>(unpack4xI8(k_cache[at])); }
fn value4(at: u32) -> vec4<f32> { return vec4<f32>(unpack4xI8(v_cache[at])); }

// What the four numbers of a row (kv_head * capacity + position) still have to be multiplied by.
fn key_scale(row: u32) -> f32 { return bitcast<f32>(k_cache[first_scale() + row]); }
fn value_scale(row: u32) -> f32 { return bitcast<f32>(v_cache[first_scale() + row]); }
