// Rows of the embedding for all tokens of a chunk. One dispatch per slice of the matrix; a token whose id lies in
// another slice is left alone. Dispatch (COLS / 256, tokens).
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [tokens, COLS]

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
  let col = at.x;
  let id = chunk.ids[at.y];
  if (col >= COLS || at.y >= chunk.tokens || id < slice.row_start || id - slice.row_start >= slice.rows) {
    return;
  }
  y[at.y * COLS + col] = weight_at(id - slice.row_start + slice.row_offset, col);
}
