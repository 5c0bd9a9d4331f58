fn scale_of(row: u32, columns: u32, group: u32) -> f32 {
  return 1.0;
}
