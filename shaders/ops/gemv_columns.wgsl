// y[tokens, stride] = x[tokens, k] . W^T for a few tokens, or added to y (the residual): as the decode kernels multiply,
// but with weights that are read and unpacked once for 4 tokens. A lane takes every lanes-th scale group of 4 rows.
// Dispatch (tokens / 4, slice rows / ROWS): workgroups that share weights run side by side.
// The bound of the inner loop is known to no compiler, which keeps the one pipeline of a format small.

@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>; // [tokens, k / 4]

fn keep4(at: Invocation, slot: u32, token: u32, values: vec4<f32>) {
  let sums = fold(values);
  if (lane_of(at) < SHARES) {
    for (var i = 0u; i < product.bound / 2u; i++) { // 4, rolled
      keep(at, slot + i, token, sums[i]);
    }
  }
}

fn scales4(rows: vec4<u32>, group: u32) -> vec4<f32> {
  return vec4(
    scale_of(rows.x, product.k, group), scale_of(rows.y, product.k, group),
    scale_of(rows.z, product.k, group), scale_of(rows.w, product.k, group),
  );
}

// Four columns of four rows; times a vec4 of inputs it gives what they add to each row.
fn block4(rows: vec4<u32>, quad: u32, scales: vec4<f32>) -> mat4x4<f32> {
  return transpose(mat4x4(
    weights4(rows.x, product.k, quad) * scales.x, weights4(rows.y, product.k, quad) * scales.y,
    weights4(rows.z, product.k, quad) * scales.z, weights4(rows.w, product.k, quad) * scales.w,
  ));
}

@compute @workgroup_size(WG)
fn main(at: Invocation) {
  let token = at.group.x * COLUMNS;
  let start = at.group.y * ROWS;
  let last = product.rows - 1u;
  // Where each token's x starts; tokens beyond the last are computed like the last and not stored.
  let first = min(vec4(token) + vec4(0u, 1u, 2u, 3u), vec4(chunk.tokens - 1u)) * (product.k / 4u);
  for (var slot = team_of(at) * 4u; slot < ROWS; slot += teams_of(at) * 4u) {
    let rows = min(vec4(start + slot) + vec4(0u, 1u, 2u, 3u), vec4(last));
    let end = select(0u, product.k / 32u, start + slot <= last);
    var s0 = vec4<f32>(); var s1 = vec4<f32>(); // [4 rows] of each token
    var s2 = vec4<f32>(); var s3 = vec4<f32>();
    for (var group = lane_of(at); group < end; group += lanes_of(at)) {
      let scales = scales4(rows, group);
      for (var quad = group * 8u; quad < group * 8u + product.bound; quad++) {
        let w = block4(rows, quad, scales);
        s0 += w * x[first.x + quad]; s1 += w * x[first.y + quad];
        s2 += w * x[first.z + quad]; s3 += w * x[first.w + quad];
      }
    }
    keep4(at, slot, 0u, s0); keep4(at, slot, 1u, s1);
    keep4(at, slot, 2u, s2); keep4(at, slot, 3u, s3);
  }
  workgroupBarrier();
  store_kept(at, token, start);
}
