@group(0) @binding(1) var<storage, read> scales: array<u32>; // [rows, columns / 32] halves, two per u32

fn scale_of(row: u32, columns: u32, group: u32) -> f32 {
  let at = row * (columns / 32u) + group;
  return unpack2x16float(scales[at / 2u])[at % 2u];
}
