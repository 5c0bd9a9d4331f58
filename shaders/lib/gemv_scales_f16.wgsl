// One f16 scale per 32 columns, read without shader-f16.
@group(0) @binding(1) var<storage, read> scales: array<u32>;   // [rows, COLS / 32] halves, two per u32
@group(0) @binding(4) var<storage, read> scales_b: array<u32>; // [rows, COLS / 32] halves, two per u32

fn scale_a(at: u32) -> f32 { return unpack2x16float(scales[at / 2u] >> (16u * (at % 2u))).x; }
fn scale_b(at: u32) -> f32 { return unpack2x16float(scales_b[at / 2u] >> (16u * (at % 2u))).x; }
