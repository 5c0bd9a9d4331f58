// y[tokens, stride] = x[tokens, k] . W^T, or added to y (the residual). A workgroup computes 64 tokens x 64 rows of W,
// an invocation 8 x 8: tokens 4 ty .. + 3 and 32 + 4 ty .. + 3, rows 4 tx .. + 3 and 32 + 4 tx .. + 3. Weights lie
// un-scaled in workgroup memory; each scale group of 32 columns has partial sums p, which its scale adds to the
// accumulators a. Dispatch (tokens / 64, slice rows / 64): workgroups that share weights run side by side.
// The loop over a tile stays a loop, since no compiler knows its bound; unrolled, drivers compile for half a minute.

@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>; // [tokens, k / 4]

const TILE = 64u;
const BLOCKS = TILE / 4u;

var<workgroup> x_tile: array<vec4<f32>, STEP * BLOCKS>; // [STEP, BLOCKS] of 4 tokens
var<workgroup> w_tile: array<Weight4, STEP * BLOCKS>;   // [STEP, BLOCKS] of 4 rows
var<workgroup> s_tile: array<f32, TILE>;                // scales of this group

fn x_at(token: u32, quad: u32) -> vec4<f32> {
  if (token >= chunk.tokens) {
    return vec4<f32>();
  }
  return x[token * (product.k / 4u) + quad];
}

fn w_at(row: u32, quad: u32) -> Weight4 {
  if (row >= product.rows) {
    return Weight4();
  }
  return Weight4(weights4(row, product.k, quad));
}

// 4 x 4 blocks, transposed on the way so that only whole vectors are stored.
fn fill(t: u32, token: u32, row: u32, quad: u32) {
  for (var i = t; i < STEP * 4u; i += TILE) {
    let column = i % (STEP / 4u);
    let block = i / (STEP / 4u);
    let at = column * 4u * BLOCKS + block;
    let x0 = x_at(token + block * 4u, quad + column);
    let x1 = x_at(token + block * 4u + 1u, quad + column);
    let x2 = x_at(token + block * 4u + 2u, quad + column);
    let x3 = x_at(token + block * 4u + 3u, quad + column);
    x_tile[at] = vec4(x0.x, x1.x, x2.x, x3.x);
    x_tile[at + BLOCKS] = vec4(x0.y, x1.y, x2.y, x3.y);
    x_tile[at + 2u * BLOCKS] = vec4(x0.z, x1.z, x2.z, x3.z);
    x_tile[at + 3u * BLOCKS] = vec4(x0.w, x1.w, x2.w, x3.w);
    let w0 = w_at(row + block * 4u, quad + column);
    let w1 = w_at(row + block * 4u + 1u, quad + column);
    let w2 = w_at(row + block * 4u + 2u, quad + column);
    let w3 = w_at(row + block * 4u + 3u, quad + column);
    w_tile[at] = Weight4(w0.x, w1.x, w2.x, w3.x);
    w_tile[at + BLOCKS] = Weight4(w0.y, w1.y, w2.y, w3.y);
    w_tile[at + 2u * BLOCKS] = Weight4(w0.z, w1.z, w2.z, w3.z);
    w_tile[at + 3u * BLOCKS] = Weight4(w0.w, w1.w, w2.w, w3.w);
  }
}

fn store4(token: u32, row: u32, value: vec4<f32>) {
  if (token >= chunk.tokens) {
    return;
  }
  let at = token * product.stride + product.row_start + row;
  for (var i = 0u; i < min(4u, max(product.rows, row) - row); i++) {
    y[at + i] = value[i] + select(0.0, y[at + i], product.is_added == 1u);
  }
}

@compute @workgroup_size(TILE)
fn main(@builtin(workgroup_id) group_id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let token = group_id.x * TILE;
  let row = group_id.y * TILE;
  let tx = t % 8u;
  let ty = t / 8u;
  var a00 = vec4<f32>(); var a01 = vec4<f32>();
  var a10 = vec4<f32>(); var a11 = vec4<f32>();
  var a20 = vec4<f32>(); var a21 = vec4<f32>();
  var a30 = vec4<f32>(); var a31 = vec4<f32>();
  var a40 = vec4<f32>(); var a41 = vec4<f32>();
  var a50 = vec4<f32>(); var a51 = vec4<f32>();
  var a60 = vec4<f32>(); var a61 = vec4<f32>();
  var a70 = vec4<f32>(); var a71 = vec4<f32>();
  for (var group = 0u; group < product.k / 32u; group++) {
    var s0 = vec4<f32>(); var s1 = vec4<f32>();
    var p00 = vec4<f32>(); var p01 = vec4<f32>();
    var p10 = vec4<f32>(); var p11 = vec4<f32>();
    var p20 = vec4<f32>(); var p21 = vec4<f32>();
    var p30 = vec4<f32>(); var p31 = vec4<f32>();
    var p40 = vec4<f32>(); var p41 = vec4<f32>();
    var p50 = vec4<f32>(); var p51 = vec4<f32>();
    var p60 = vec4<f32>(); var p61 = vec4<f32>();
    var p70 = vec4<f32>(); var p71 = vec4<f32>();
    for (var part = 0u; part < 32u / STEP; part++) {
      fill(t, token, row, group * 8u + part * (STEP / 4u));
      if (part == 0u && row + t < product.rows) {
        s_tile[t] = scale_of(row + t, product.k, group);
      }
      workgroupBarrier();
      if (part == 0u) {
        s0 = vec4(s_tile[4u * tx], s_tile[4u * tx + 1u], s_tile[4u * tx + 2u], s_tile[4u * tx + 3u]);
        s1 = vec4(s_tile[4u * tx + 32u], s_tile[4u * tx + 33u], s_tile[4u * tx + 34u], s_tile[4u * tx + 35u]);
      }
      for (var k = 0u; k < product.bound; k++) {
        let x0 = x_tile[k * BLOCKS + ty];
        let x1 = x_tile[k * BLOCKS + 8u + ty];
        let w0 = vec4<f32>(w_tile[k * BLOCKS + tx]);
        let w1 = vec4<f32>(w_tile[k * BLOCKS + 8u + tx]);
        p00 += x0.x * w0; p01 += x0.x * w1;
        p10 += x0.y * w0; p11 += x0.y * w1;
        p20 += x0.z * w0; p21 += x0.z * w1;
        p30 += x0.w * w0; p31 += x0.w * w1;
        p40 += x1.x * w0; p41 += x1.x * w1;
        p50 += x1.y * w0; p51 += x1.y * w1;
        p60 += x1.z * w0; p61 += x1.z * w1;
        p70 += x1.w * w0; p71 += x1.w * w1;
      }
      workgroupBarrier();
    }
    a00 += p00 * s0; a01 += p01 * s1;
    a10 += p10 * s0; a11 += p11 * s1;
    a20 += p20 * s0; a21 += p21 * s1;
    a30 += p30 * s0; a31 += p31 * s1;
    a40 += p40 * s0; a41 += p41 * s1;
    a50 += p50 * s0; a51 += p51 * s1;
    a60 += p60 * s0; a61 += p61 * s1;
    a70 += p70 * s0; a71 += p71 * s1;
  }
  let sums = array(
    a00, a01, a10, a11, a20, a21, a30, a31,
    a40, a41, a50, a51, a60, a61, a70, a71,
  );
  for (var i = 0u; i < min(16u, product.bound); i++) { // rolled as well
    store4(token + 4u * ty + (i / 2u) % 4u + i / 8u * 32u, row + 4u * tx + i % 2u * 32u, sums[i]);
  }
}
