// The workgroup of the products for a few tokens: sums of ROWS rows and COLUMNS tokens, and their way to y.
// Behind a team prelude, `product` and `chunk`.
override ROWS: u32 = 16; // rows per workgroup, a multiple of 4

const COLUMNS = 4u; // tokens per workgroup

var<workgroup> kept: array<f32, ROWS * COLUMNS * SHARES>; // [row, token, share]

fn keep(at: Invocation, row: u32, column: u32, sum: f32) {
  kept[(row * COLUMNS + column) * SHARES + lane_of(at)] = sum;
}

// Behind a barrier: all sums of the workgroup to the rows of y from `start` on and the tokens from `token` on.
fn store_kept(at: Invocation, token: u32, start: u32) {
  for (var i = at.local; i < ROWS * min(COLUMNS, chunk.tokens - token); i += WG) {
    let row = start + i % ROWS;
    if (row < product.rows) {
      var sum = 0.0;
      for (var share = 0u; share < SHARES; share++) {
        sum += kept[((i % ROWS) * COLUMNS + i / ROWS) * SHARES + share];
      }
      let out = (token + i / ROWS) * product.stride + product.row_start + row;
      y[out] = sum + select(0.0, y[out], product.is_added == 1u);
    }
  }
}
