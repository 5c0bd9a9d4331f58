@group(0) @binding(1) var<storage, read> scales: array<f32>; // [rows, columns / 32]

fn scale_of(row: u32, columns: u32, group: u32) -> f32 {
  return scales[row * (columns / 32u) + group];
}
