// y[tokens, stride] = x[tokens, k] . W^T, or added to y, with activations as 8-bit integers (`quantize_rows`) and 4-bit
// codes. A workgroup computes 64 tokens x 64 rows of W, an invocation 8 x 4: tokens ty + 8 i, rows tx + 16 j. The
// zero point and both scales are applied once per scale group. Dispatch (tokens / 64, slice rows / 64).
requires packed_4x8_integer_dot_product;

@group(0) @binding(0) var<storage, read> codes: array<vec4<u32>>; // [rows, k / 32] of 32 nibbles
@group(0) @binding(2) var<storage, read> x: array<vec4<u32>>;     // [tokens, k / 32, 3] as quantize_rows leaves them

const TILE = 64u;
const WORDS = 8u; // of 4 integers in a scale group: even columns, then odd ones

var<workgroup> x_tile: array<u32, WORDS * TILE>;     // [word, token]
var<workgroup> w_tile: array<u32, WORDS * TILE>;     // [word, row]
var<workgroup> x_scales: array<vec2<f32>, TILE>;     // scale, and what the zero point takes off
var<workgroup> w_scales: array<f32, TILE>;

fn fill_x(t: u32, token: u32, group: u32) {
  var even = vec4<u32>();
  var odd = vec4<u32>();
  var factors = vec4<u32>();
  if (token < chunk.tokens) {
    let at = (token * (product.k / 32u) + group) * 3u;
    even = x[at];
    odd = x[at + 1u];
    factors = x[at + 2u];
  }
  keep(t, even, odd, true);
  x_scales[t] = bitcast<vec2<f32>>(factors.xy);
}

fn fill_w(t: u32, row: u32, group: u32) {
  var word = vec4<u32>();
  var scale = 0.0;
  if (row < product.rows) {
    word = codes[row * (product.k / 32u) + group];
    scale = scale_of(row, product.k, group);
  }
  keep(t, word & vec4(0x0f0f0f0fu), (word >> vec4(4u)) & vec4(0x0f0f0f0fu), false);
  w_scales[t] = scale;
}

fn keep(t: u32, even: vec4<u32>, odd: vec4<u32>, is_x: bool) {
  for (var i = 0u; i < product.bound; i++) {
    let word = select(even, odd, i >= 4u)[i % 4u];
    if (is_x) { x_tile[i * TILE + t] = word; } else { w_tile[i * TILE + t] = word; }
  }
}

fn dots(x_word: u32, w: vec4<u32>) -> vec4<i32> {
  return vec4(dot4I8Packed(x_word, w.x), dot4I8Packed(x_word, w.y), dot4I8Packed(x_word, w.z), dot4I8Packed(x_word, w.w));
}

// Sums of a scale group as numbers: both scales, and the zero point of the codes taken off.
fn scaled(sum: vec4<i32>, token: u32, scales: vec4<f32>) -> vec4<f32> {
  let factors = x_scales[token];
  return (vec4<f32>(sum) * factors.x - factors.y) * scales;
}

fn store4(token: u32, row: u32, value: vec4<f32>) {
  if (token >= chunk.tokens) {
    return;
  }
  let at = token * product.stride + product.row_start + row;
  for (var j = 0u; j < product.bound / 2u; j++) { // 4, rolled
    if (row + 16u * j < product.rows) {
      y[at + 16u * j] = value[j] + select(0.0, y[at + 16u * j], product.is_added == 1u);
    }
  }
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group_id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let token = group_id.x * TILE;
  let row = group_id.y * TILE;
  let tx = t % 16u;
  let ty = t / 16u;
  var a0 = vec4<f32>(); var a1 = vec4<f32>();
  var a2 = vec4<f32>(); var a3 = vec4<f32>();
  var a4 = vec4<f32>(); var a5 = vec4<f32>();
  var a6 = vec4<f32>(); var a7 = vec4<f32>();
  for (var group = 0u; group < product.k / 32u; group++) {
    if (t < TILE) { fill_x(t, token + t, group); } else { fill_w(t - TILE, row + t - TILE, group); }
    workgroupBarrier();
    var p0 = vec4<i32>(); var p1 = vec4<i32>();
    var p2 = vec4<i32>(); var p3 = vec4<i32>();
    var p4 = vec4<i32>(); var p5 = vec4<i32>();
    var p6 = vec4<i32>(); var p7 = vec4<i32>();
    for (var i = 0u; i < product.bound; i++) {
      let at = i * TILE + tx;
      let w = vec4(w_tile[at], w_tile[at + 16u], w_tile[at + 32u], w_tile[at + 48u]);
      let first = i * TILE + ty;
      p0 += dots(x_tile[first], w);
      p1 += dots(x_tile[first + 8u], w);
      p2 += dots(x_tile[first + 16u], w);
      p3 += dots(x_tile[first + 24u], w);
      p4 += dots(x_tile[first + 32u], w);
      p5 += dots(x_tile[first + 40u], w);
      p6 += dots(x_tile[first + 48u], w);
      p7 += dots(x_tile[first + 56u], w);
    }
    let scales = vec4(w_scales[tx], w_scales[tx + 16u], w_scales[tx + 32u], w_scales[tx + 48u]);
    a0 += scaled(p0, ty, scales);
    a1 += scaled(p1, ty + 8u, scales);
    a2 += scaled(p2, ty + 16u, scales);
    a3 += scaled(p3, ty + 24u, scales);
    a4 += scaled(p4, ty + 32u, scales);
    a5 += scaled(p5, ty + 40u, scales);
    a6 += scaled(p6, ty + 48u, scales);
    a7 += scaled(p7, ty + 56u, scales);
    workgroupBarrier();
  }
  let sums = array(a0, a1, a2, a3, a4, a5, a6, a7);
  for (var i = 0u; i < product.bound; i++) { // 8, rolled
    store4(token + ty + 8u * i, row + tx, sums[i]);
  }
}
