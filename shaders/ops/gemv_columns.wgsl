// y[tokens, stride] = x[tokens, k] . W^T for a few tokens, or added to y (the residual): as the decode kernels multiply,
// but with weights that are read and unpacked once for 4 tokens. A lane takes every lanes-th scale group of 4 rows.
// Dispatch (tokens / 4, slice rows / ROWS): workgroups that share weights run side by side.
// Shapes come in a uniform, and so does the bound of the inner loop: one small pipeline per format serves every matrix.
override ROWS: u32 = 16; // rows per workgroup, a multiple of 4

const C = 4u; // tokens per workgroup

struct Columns {
  k: u32,         // columns of the matrix, a multiple of 32
  stride: u32,    // row length of y
  row_start: u32, // first row of this binding, counted in the whole matrix
  rows: u32,      // rows of this binding
  is_added: u32,  // 1: add to y
  quads: u32,     // 8: quads of columns in a scale group
}

@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>; // [tokens, k / 4]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [tokens, stride]
@group(0) @binding(4) var<uniform> columns: Columns;

var<workgroup> kept: array<f32, ROWS * C * SHARES>; // [row, token, share]

fn keep4(at: Invocation, slot: u32, token: u32, values: vec4<f32>) {
  let sums = fold(values);
  if (lane_of(at) < SHARES) {
    for (var i = 0u; i < columns.quads / 2u; i++) { // 4, rolled
      kept[((slot + i) * C + token) * SHARES + lane_of(at)] = sums[i];
    }
  }
}

fn scales4(rows: vec4<u32>, group: u32) -> vec4<f32> {
  return vec4(
    scale_of(rows.x, columns.k, group), scale_of(rows.y, columns.k, group),
    scale_of(rows.z, columns.k, group), scale_of(rows.w, columns.k, group),
  );
}

// Four columns of four rows; times a vec4 of inputs it gives what they add to each row.
fn block4(rows: vec4<u32>, quad: u32, scales: vec4<f32>) -> mat4x4<f32> {
  return transpose(mat4x4(
    weights4(rows.x, columns.k, quad) * scales.x, weights4(rows.y, columns.k, quad) * scales.y,
    weights4(rows.z, columns.k, quad) * scales.z, weights4(rows.w, columns.k, quad) * scales.w,
  ));
}

@compute @workgroup_size(WG)
fn main(at: Invocation) {
  let token = at.group.x * C;
  let start = at.group.y * ROWS;
  let last = columns.rows - 1u;
  // Where each token's x starts; tokens beyond the last are computed like the last and not stored.
  let first = min(vec4(token) + vec4(0u, 1u, 2u, 3u), vec4(chunk.tokens - 1u)) * (columns.k / 4u);
  for (var slot = team_of(at) * 4u; slot < ROWS; slot += teams_of(at) * 4u) {
    let rows = min(vec4(start + slot) + vec4(0u, 1u, 2u, 3u), vec4(last));
    let end = select(0u, columns.k / 32u, start + slot <= last);
    var s0 = vec4<f32>(); var s1 = vec4<f32>(); // [4 rows] of each token
    var s2 = vec4<f32>(); var s3 = vec4<f32>();
    for (var group = lane_of(at); group < end; group += lanes_of(at)) {
      let scales = scales4(rows, group);
      for (var quad = group * 8u; quad < group * 8u + columns.quads; quad++) {
        let w = block4(rows, quad, scales);
        s0 += w * x[first.x + quad]; s1 += w * x[first.y + quad];
        s2 += w * x[first.z + quad]; s3 += w * x[first.w + quad];
      }
    }
    keep4(at, slot, 0u, s0); keep4(at, slot, 1u, s1);
    keep4(at, slot, 2u, s2); keep4(at, slot, 3u, s3);
  }
  workgroupBarrier();
  let tokens = min(C, chunk.tokens - token);
  for (var i = at.local; i < ROWS * tokens; i += WG) {
    let row = start + i % ROWS;
    if (row <= last) {
      var sum = 0.0;
      for (var share = 0u; share < SHARES; share++) {
        sum += kept[((i % ROWS) * C + i / ROWS) * SHARES + share];
      }
      let out = (token + i / ROWS) * columns.stride + columns.row_start + row;
      y[out] = sum + select(0.0, y[out], columns.is_added == 1u);
    }
  }
}
