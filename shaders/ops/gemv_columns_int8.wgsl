// `gemv_columns` with activations as 8-bit integers (`quantize_rows`): codes are read once for 4 tokens and multiplied
// as integers, the zero point and both scales applied once per scale group, as `math_int8` does for one token.
// Dispatch (tokens / 4, slice rows / ROWS).
requires packed_4x8_integer_dot_product;

@group(0) @binding(0) var<storage, read> codes: array<vec4<u32>>; // [rows, k / 32] of 32 nibbles
@group(0) @binding(2) var<storage, read> x: array<vec4<u32>>;     // [tokens, k / 32, 3] as quantize_rows leaves them

fn keep4(at: Invocation, slot: u32, row: u32, values: vec4<f32>) {
  let sums = fold(values);
  if (lane_of(at) < SHARES) {
    for (var i = 0u; i < product.bound / 2u; i++) { // 4 tokens, rolled
      keep(at, slot + row, i, sums[i]);
    }
  }
}

fn dot16(w: vec4<u32>, v: vec4<u32>) -> i32 {
  return dot4I8Packed(w.x, v.x) + dot4I8Packed(w.y, v.y) + dot4I8Packed(w.z, v.z) + dot4I8Packed(w.w, v.w);
}

@compute @workgroup_size(WG)
fn main(at: Invocation) {
  let token = at.group.x * COLUMNS;
  let start = at.group.y * ROWS;
  let last = product.rows - 1u;
  let groups = product.k / 32u;
  // Where each token's x starts; tokens beyond the last are computed like the last and not stored.
  let first = min(vec4(token) + vec4(0u, 1u, 2u, 3u), vec4(chunk.tokens - 1u)) * groups;
  for (var slot = team_of(at) * 4u; slot < ROWS; slot += teams_of(at) * 4u) {
    let rows = min(vec4(start + slot) + vec4(0u, 1u, 2u, 3u), vec4(last));
    let end = select(0u, groups, start + slot <= last);
    var s0 = vec4<f32>(); var s1 = vec4<f32>(); // [4 tokens] of each row
    var s2 = vec4<f32>(); var s3 = vec4<f32>();
    for (var group = lane_of(at); group < end; group += lanes_of(at)) {
      let a0 = x[(first.x + group) * 3u]; let b0 = x[(first.x + group) * 3u + 1u];
      let a1 = x[(first.y + group) * 3u]; let b1 = x[(first.y + group) * 3u + 1u];
      let a2 = x[(first.z + group) * 3u]; let b2 = x[(first.z + group) * 3u + 1u];
      let a3 = x[(first.w + group) * 3u]; let b3 = x[(first.w + group) * 3u + 1u];
      let f0 = bitcast<vec2<f32>>(x[(first.x + group) * 3u + 2u].xy);
      let f1 = bitcast<vec2<f32>>(x[(first.y + group) * 3u + 2u].xy);
      let f2 = bitcast<vec2<f32>>(x[(first.z + group) * 3u + 2u].xy);
      let f3 = bitcast<vec2<f32>>(x[(first.w + group) * 3u + 2u].xy);
      let factors = vec4(f0.x, f1.x, f2.x, f3.x);
      let zeros = vec4(f0.y, f1.y, f2.y, f3.y);
      for (var i = 0u; i < product.bound / 2u; i++) { // 4 rows, rolled
        let word = codes[rows[i] * groups + group];
        let low = word & vec4(0x0f0f0f0fu);
        let high = (word >> vec4(4u)) & vec4(0x0f0f0f0fu);
        let sums = vec4(
          dot16(low, a0) + dot16(high, b0), dot16(low, a1) + dot16(high, b1),
          dot16(low, a2) + dot16(high, b2), dot16(low, a3) + dot16(high, b3),
        );
        let part = scale_of(rows[i], product.k, group) * (vec4<f32>(sums) * factors - zeros);
        s0 += select(vec4(0.0), part, i == 0u); s1 += select(vec4(0.0), part, i == 1u);
        s2 += select(vec4(0.0), part, i == 2u); s3 += select(vec4(0.0), part, i == 3u);
      }
    }
    keep4(at, slot, 0u, s0); keep4(at, slot, 1u, s1);
    keep4(at, slot, 2u, s2); keep4(at, slot, 3u, s3);
  }
  workgroupBarrier();
  store_kept(at, token, start);
}
