// Matrices of 4-bit codes: value = (code - 7) * scale, codes lowest nibble first, one scale per 32 columns. One
// vec4<u32> is exactly one scale group. Behind a gemv_scales prelude; a math prelude multiplies a group by its inputs.
override COLS: u32; // inputs of the matrix, a multiple of 32

@group(0) @binding(0) var<storage, read> codes: array<vec4<u32>>;   // [rows, COLS / 32] of 32 nibbles
// Second matrix of the same shape, only bound by ops that call dot_b, as are its scales.
@group(0) @binding(3) var<storage, read> codes_b: array<vec4<u32>>; // [rows, COLS / 32] of 32 nibbles

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
