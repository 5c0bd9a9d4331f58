// Matrices of halves, read without shader-f16.
override COLS: u32; // inputs of the matrix, a multiple of 32

@group(0) @binding(0) var<storage, read> halves: array<vec4<u32>>;   // [rows, COLS / 8] of 8 halves
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;        // [COLS / 4]
// Second matrix of the same shape, only bound by ops that call dot_b.
@group(0) @binding(3) var<storage, read> halves_b: array<vec4<u32>>; // [rows, COLS / 8] of 8 halves

struct Inputs {
  a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>,
  e: vec4<f32>, f: vec4<f32>, g: vec4<f32>, h: vec4<f32>,
  zero: f32, // nothing: these values have no zero point
}

fn inputs(group: u32) -> Inputs {
  let at = group * 8u;
  return Inputs(x[at], x[at + 1u], x[at + 2u], x[at + 3u], x[at + 4u], x[at + 5u], x[at + 6u], x[at + 7u], 0.0);
}

fn dot8(w: vec4<u32>, low: vec4<f32>, high: vec4<f32>) -> f32 {
  return dot(vec4(unpack2x16float(w.x), unpack2x16float(w.y)), low)
    + dot(vec4(unpack2x16float(w.z), unpack2x16float(w.w)), high);
}

// Part of row . x that the 32 columns of `group` contribute.
fn dot_a(row: u32, group: u32, v: Inputs) -> f32 {
  let at = row * (COLS / 8u) + group * 4u;
  return dot8(halves[at], v.a, v.b) + dot8(halves[at + 1u], v.c, v.d)
    + dot8(halves[at + 2u], v.e, v.f) + dot8(halves[at + 3u], v.g, v.h);
}
fn dot_b(row: u32, group: u32, v: Inputs) -> f32 {
  let at = row * (COLS / 8u) + group * 4u;
  return dot8(halves_b[at], v.a, v.b) + dot8(halves_b[at + 1u], v.c, v.d)
    + dot8(halves_b[at + 2u], v.e, v.f) + dot8(halves_b[at + 3u], v.g, v.h);
}

fn weight_at(row: u32, col: u32) -> f32 {
  let word = halves[row * (COLS / 8u) + col / 8u][(col / 2u) % 4u];
  return unpack2x16float(word)[col % 2u];
}
