// Matrices of 4-bit codes: value = (code - 7) * scale, codes lowest nibble first, one f32 scale per 32 columns.
// One vec4<u32> is exactly one scale group. The zero point is taken off once per group.
override COLS: u32; // inputs of the matrix, a multiple of 32

@group(0) @binding(0) var<storage, read> codes: array<vec4<u32>>;   // [rows, COLS / 32] of 32 nibbles
@group(0) @binding(1) var<storage, read> scales: array<f32>;          // [rows, COLS / 32]
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;       // [COLS / 4]
// Second matrix of the same shape, only bound by ops that call dot_b.
@group(0) @binding(3) var<storage, read> codes_b: array<vec4<u32>>; // [rows, COLS / 32] of 32 nibbles
@group(0) @binding(4) var<storage, read> scales_b: array<f32>;        // [rows, COLS / 32]

// 32 inputs, split as the nibbles come out of a word: even columns, odd columns.
struct Inputs {
  even: array<vec4<f32>, 4>,
  odd: array<vec4<f32>, 4>,
  zero: f32, // 7 times their sum
}

fn inputs(group: u32) -> Inputs {
  let at = group * 8u;
  let x0 = x[at]; let x1 = x[at + 1u]; let x2 = x[at + 2u]; let x3 = x[at + 3u];
  let x4 = x[at + 4u]; let x5 = x[at + 5u]; let x6 = x[at + 6u]; let x7 = x[at + 7u];
  return Inputs(
    array(vec4(x0.xz, x1.xz), vec4(x2.xz, x3.xz), vec4(x4.xz, x5.xz), vec4(x6.xz, x7.xz)),
    array(vec4(x0.yw, x1.yw), vec4(x2.yw, x3.yw), vec4(x4.yw, x5.yw), vec4(x6.yw, x7.yw)),
    7.0 * dot(x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7, vec4(1.0)),
  );
}

fn dot8(word: u32, even: vec4<f32>, odd: vec4<f32>) -> f32 {
  return dot(vec4<f32>(unpack4xU8(word & 0x0f0f0f0fu)), even)
    + dot(vec4<f32>(unpack4xU8((word >> 4u) & 0x0f0f0f0fu)), odd);
}

fn dot32(w: vec4<u32>, v: Inputs) -> f32 {
  return dot8(w.x, v.even[0], v.odd[0]) + dot8(w.y, v.even[1], v.odd[1])
    + dot8(w.z, v.even[2], v.odd[2]) + dot8(w.w, v.even[3], v.odd[3]) - v.zero;
}

fn scale_a(at: u32) -> f32 { return scales[at]; }
fn scale_b(at: u32) -> f32 { return scales_b[at]; }

// Part of row . x that the 32 columns of `group` contribute.
fn dot_a(row: u32, group: u32, v: Inputs) -> f32 {
  let at = row * (COLS / 32u) + group;
  return scale_a(at) * dot32(codes[at], v);
}
fn dot_b(row: u32, group: u32, v: Inputs) -> f32 {
  let at = row * (COLS / 32u) + group;
  return scale_b(at) * dot32(codes_b[at], v);
}

fn weight_at(row: u32, col: u32) -> f32 {
  let at = row * (COLS / 32u) + col / 32u;
  let code = (codes[at][(col / 8u) % 4u] >> (4u * (col % 8u))) & 15u;
  return (f32(code) - 7.0) * scale_a(at);
}
