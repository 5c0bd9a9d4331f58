// Weights of a tile: f32.
@group(0) @binding(0) var<storage, read> values: array<vec4<f32>>; // [rows, columns / 4]

// Columns 4 * quad .. 4 * quad + 3 of a row.
fn weights4(row: u32, columns: u32, quad: u32) -> vec4<f32> {
  return values[row * (columns / 4u) + quad];
}

// Columns 8 * eight .. 8 * eight + 7 of a row.
fn weights8(row: u32, columns: u32, eight: u32) -> mat2x4<f32> {
  return mat2x4(weights4(row, columns, 2u * eight), weights4(row, columns, 2u * eight + 1u));
}
