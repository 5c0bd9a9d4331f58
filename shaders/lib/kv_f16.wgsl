// The cache as halves, four dimensions at a time. `at` counts quads: (kv_head * capacity + position) * HEAD_DIM / 4 + quad.
@group(0) @binding(1) var<storage, read> k_cache: array<vec2<u32>>; // [KV_HEADS, capacity, HEAD_DIM / 4] of 4 halves
@group(0) @binding(2) var<storage, read> v_cache: array<vec2<u32>>; // [KV_HEADS, capacity, HEAD_DIM / 4] of 4 halves

fn kv_capacity() -> u32 { return arrayLength(&k_cache) / (KV_HEADS * (HEAD_DIM / 4u)); }

fn unpack4(word: vec2<u32>) -> vec4<f32> { return vec4(unpack2x16float(word.x), unpack2x16float(word.y)); }
fn key4(at: u32) -> vec4<f32> { return unpack4(k_cache[at]); }
fn value4(at: u32) -> vec4<f32> { return unpack4(v_cache[at]); }

// What the four numbers of a row (kv_head * capacity + position) still have to be multiplied by.
fn key_scale(row: u32) -> f32 { return 1.0; }
fn value_scale(row: u32) -> f32 { return 1.0; }
