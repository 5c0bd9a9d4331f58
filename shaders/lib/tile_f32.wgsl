// Weights of a tile: f32.
@group(0) @binding(0) var<storage, read> values: array<vec4<f32>>; // [rows, columns / 4]

// Columns 4 * quad .. 4 * quad + 3 of a row.
fn weights4(row: u32, columns: u32, quad: u32) -> vec4<f32> {
  return values[row * (columns / 4u) + quad];
}
