// 32 codes times 32 inputs, codes widened through f16: 0x6400 | code is the half 1024 + code, so that code - 7 comes
// out exact, two at a time. Products and sums stay in f32.
enable f16;

@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>; // [COLS / 4]

alias Inputs = array<vec4<f32>, 8>;

fn inputs(group: u32) -> Inputs {
  let at = group * 8u;
  return array(x[at], x[at + 1u], x[at + 2u], x[at + 3u], x[at + 4u], x[at + 5u], x[at + 6u], x[at + 7u]);
}

// Codes i and i + 4 of a word that was shifted by 4 * i, less the zero point.
fn widen(word: u32) -> vec2<f32> {
  return vec2<f32>(bitcast<vec2<f16>>((word & 0x000f000fu) | 0x64006400u) - vec2(1031.0h));
}

fn dot8(word: u32, low: vec4<f32>, high: vec4<f32>, sum: vec2<f32>) -> vec2<f32> {
  return fma(widen(word >> 12u), vec2(low.w, high.w), fma(widen(word >> 8u), vec2(low.z, high.z),
    fma(widen(word >> 4u), vec2(low.y, high.y), fma(widen(word), vec2(low.x, high.x), sum))));
}

fn dot32(w: vec4<u32>, v: Inputs) -> f32 {
  let sum = dot8(w.w, v[6], v[7], dot8(w.z, v[4], v[5], dot8(w.y, v[2], v[3], dot8(w.x, v[0], v[1], vec2<f32>()))));
  return sum.x + sum.y;
}
