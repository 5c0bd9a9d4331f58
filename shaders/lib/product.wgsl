// What the products of prefill have in common: y[tokens, stride] = x[tokens, k] . W^T, or added to y (the residual).
// Shapes come in a uniform: one pipeline per format serves every matrix.
struct Product {
  k: u32,         // columns of the matrix, a multiple of 32
  stride: u32,    // row length of y
  row_start: u32, // first row of this binding, counted in the whole matrix
  rows: u32,      // rows of this binding
  is_added: u32,  // 1: add to y
  bound: u32,     // of the inner loop, where an op counts by it: known to no compiler, so that loops stay loops
}

@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [tokens, stride]
@group(0) @binding(4) var<uniform> product: Product;
