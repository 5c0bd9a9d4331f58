// 32 codes times 32 inputs of 8 bits, as `quantize_rows` leaves them. The zero point is taken off once per group.
requires packed_4x8_integer_dot_product;

// [COLS / 32, 3]: even columns, odd columns, then bits of (scale, 7 * scale * sum of the integers, 0, 0).
@group(0) @binding(2) var<storage, read> x: array<vec4<u32>>;

struct Inputs {
  even: vec4<u32>, // word i: columns 8i, 8i + 2, 8i + 4, 8i + 6, as the nibbles come out of a word
  odd: vec4<u32>,
  scale: f32,
  zero: f32, // 7 times their sum
}

fn inputs(group: u32) -> Inputs {
  let at = group * 3u;
  let factors = bitcast<vec4<f32>>(x[at + 2u]);
  return Inputs(x[at], x[at + 1u], factors.x, factors.y);
}

fn dot32(w: vec4<u32>, v: Inputs) -> f32 {
  let low = w & vec4(0x0f0f0f0fu);
  let high = (w >> vec4(4u)) & vec4(0x0f0f0f0fu);
  let sum = dot4I8Packed(low.x, v.even.x) + dot4I8Packed(low.y, v.even.y)
    + dot4I8Packed(low.z, v.even.z) + dot4I8Packed(low.w, v.even.w)
    + dot4I8Packed(high.x, v.odd.x) + dot4I8Packed(high.y, v.odd.y)
    + dot4I8Packed(high.z, v.odd.z) + dot4I8Packed(high.w, v.odd.w);
  return f32(sum) * v.scale - v.zero;
}
