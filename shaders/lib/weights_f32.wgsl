// Matrices of f32.
override COLS: u32; // inputs of the matrix, a multiple of 32

@group(0) @binding(0) var<storage, read> values: array<vec4<f32>>;   // [rows, COLS / 4]
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;        // [COLS / 4]
// Second matrix of the same shape, only bound by ops that call dot_b.
@group(0) @binding(3) var<storage, read> values_b: array<vec4<f32>>; // [rows, COLS / 4]

alias Inputs = array<vec4<f32>, 8>;

fn inputs(group: u32) -> Inputs {
  let at = group * 8u;
  return array(x[at], x[at + 1u], x[at + 2u], x[at + 3u], x[at + 4u], x[at + 5u], x[at + 6u], x[at + 7u]);
}

// Part of row . x that the 32 columns of `group` contribute.
fn dot_a(row: u32, group: u32, v: Inputs) -> f32 {
  let at = row * (COLS / 4u) + group * 8u;
  return dot(values[at], v[0]) + dot(values[at + 1u], v[1]) + dot(values[at + 2u], v[2]) + dot(values[at + 3u], v[3])
    + dot(values[at + 4u], v[4]) + dot(values[at + 5u], v[5]) + dot(values[at + 6u], v[6]) + dot(values[at + 7u], v[7]);
}
fn dot_b(row: u32, group: u32, v: Inputs) -> f32 {
  let at = row * (COLS / 4u) + group * 8u;
  return dot(values_b[at], v[0]) + dot(values_b[at + 1u], v[1]) + dot(values_b[at + 2u], v[2]) + dot(values_b[at + 3u], v[3])
    + dot(values_b[at + 4u], v[4]) + dot(values_b[at + 5u], v[5]) + dot(values_b[at + 6u], v[6]) + dot(values_b[at + 7u], v[7]);
}

fn weight_at(row: u32, col: u32) -> f32 {
  return values[row * (COLS / 4u) + col / 4u][col % 4u];
}
