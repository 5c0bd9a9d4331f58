// One f32 scale per 32 columns.
@group(0) @binding(1) var<storage, read> scales: array<f32>;   // [rows, COLS / 32]
@group(0) @binding(4) var<storage, read> scales_b: array<f32>; // [rows, COLS / 32]

fn scale_a(at: u32) -> f32 { return scales[at]; }
fn scale_b(at: u32) -> f32 { return scales_b[at]; }
