// Which rows of its matrix one dispatch works on: the matrix may lie in several bindings.
struct Slice {
  row_start: u32,    // first row, counted in the whole matrix
  rows: u32,         // rows in this dispatch
  row_offset: u32,   // where they start inside the first binding
  row_offset_b: u32, // where they start inside the second binding
}
@group(0) @binding(11) var<uniform> slice: Slice;
