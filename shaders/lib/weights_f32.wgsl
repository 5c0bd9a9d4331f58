// Matrices of f32.
override COLS: u32; // inputs of the matrix, a multiple of 32

@group(0) @binding(0) var<storage, read> values: array<vec4<f32>>;   // [rows, COLS / 4]
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;        // [COLS / 4]
// Second matrix of the same shape, only bound by ops that call dot_b.
@group(0) @binding(3) var<storage, read> values_b: array<vec4<f32>>; // [rows, COLS / 4]

struct Inputs {
  a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>,
  e: vec4<f32>, f: vec4<f32>, g: vec4<f32>, h: vec4<f32>,
  zero: f32, // nothing: these values have no zero point
}

fn inputs(group: u32) -> Inputs {
  let at = group * 8u;
  return Inputs(x[at], x[at + 1u], x[at + 2u], x[at + 3u], x[at + 4u], x[at + 5u], x[at + 6u], x[at + 7u], 0.0);
}

// Part of row . x that the 32 columns of `group` contribute.
fn dot_a(row: u32, group: u32, v: Inputs) -> f32 {
  let at = row * (COLS / 4u) + group * 8u;
  return dot(values[at], v.a) + dot(values[at + 1u], v.b) + dot(values[at + 2u], v.c) + dot(values[at + 3u], v.d)
    + dot(values[at + 4u], v.e) + dot(values[at + 5u], v.f) + dot(values[at + 6u], v.g) + dot(values[at + 7u], v.h);
}
fn dot_b(row: u32, group: u32, v: Inputs) -> f32 {
  let at = row * (COLS / 4u) + group * 8u;
  return dot(values_b[at], v.a) + dot(values_b[at + 1u], v.b) + dot(values_b[at + 2u], v.c) + dot(values_b[at + 3u], v.d)
    + dot(values_b[at + 4u], v.e) + dot(values_b[at + 5u], v.f) + dot(values_b[at + 6u], v.g) + dot(values_b[at + 7u], v.h);
}

fn weight_at(row: u32, col: u32) -> f32 {
  return values[row * (COLS / 4u) + col / 4u][col % 4u];
}
