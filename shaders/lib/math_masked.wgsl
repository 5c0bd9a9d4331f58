// 32 codes times 32 inputs in f32, for processors: a code is masked out of its word where it stands, and its input
// carries the power of two that takes the place off again, which is exact. That saves a shift per code, and the
// conversion from signed integers saves more: processors have no other. The zero point is taken off once per group.
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>; // [COLS / 4]

// 32 inputs, each over the value of its code's place in half a word.
struct Inputs {
  a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>,
  e: vec4<f32>, f: vec4<f32>, g: vec4<f32>, h: vec4<f32>,
  zero: f32, // 7 times their sum
}

const PLACES = vec4<i32>(0xf, 0xf0, 0xf00, 0xf000);
const FACTORS = vec4<f32>(1.0, 0.0625, 0.00390625, 0.000244140625);

fn inputs(group: u32) -> Inputs {
  let at = group * 8u;
  let a = x[at]; let b = x[at + 1u]; let c = x[at + 2u]; let d = x[at + 3u];
  let e = x[at + 4u]; let f = x[at + 5u]; let g = x[at + 6u]; let h = x[at + 7u];
  return Inputs(
    a * FACTORS, b * FACTORS, c * FACTORS, d * FACTORS, e * FACTORS, f * FACTORS, g * FACTORS, h * FACTORS,
    7.0 * dot(a + b + c + d + e + f + g + h, vec4(1.0)),
  );
}

fn dot8(word: u32, low: vec4<f32>, high: vec4<f32>) -> f32 {
  return dot(vec4<f32>(vec4(i32(word)) & PLACES), low) + dot(vec4<f32>(vec4(i32(word >> 16u)) & PLACES), high);
}

fn dot32(w: vec4<u32>, v: Inputs) -> f32 {
  return dot8(w.x, v.a, v.b) + dot8(w.y, v.c, v.d) + dot8(w.z, v.e, v.f) + dot8(w.w, v.g, v.h) - v.zero;
}
