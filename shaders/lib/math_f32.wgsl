// 32 codes times 32 inputs in f32. The zero point is taken off once per group.
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>; // [COLS / 4]

// 32 inputs, split as the nibbles come out of a word: even columns, odd columns.
struct Inputs {
  even: array<vec4<f32>, 4>,
  odd: array<vec4<f32>, 4>,
  zero: f32, // 7 times their sum
}

fn inputs(group: u32) -> Inputs {
  let at = group * 8u;
  let x0 = x[at]; let x1 = x[at + 1u]; let x2 = x[at + 2u]; let x3 = x[at + 3u];
  let x4 = x[at + 4u]; let x5 = x[at + 5u]; let x6 = x[at + 6u]; let x7 = x[at + 7u];
  return Inputs(
    array(vec4(x0.xz, x1.xz), vec4(x2.xz, x3.xz), vec4(x4.xz, x5.xz), vec4(x6.xz, x7.xz)),
    array(vec4(x0.yw, x1.yw), vec4(x2.yw, x3.yw), vec4(x4.yw, x5.yw), vec4(x6.yw, x7.yw)),
    7.0 * dot(x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7, vec4(1.0)),
  );
}

fn dot8(word: u32, even: vec4<f32>, odd: vec4<f32>) -> f32 {
  return dot(vec4<f32>(unpack4xU8(word & 0x0f0f0f0fu)), even)
    + dot(vec4<f32>(unpack4xU8((word >> 4u) & 0x0f0f0f0fu)), odd);
}

fn dot32(w: vec4<u32>, v: Inputs) -> f32 {
  return dot8(w.x, v.even[0], v.odd[0]) + dot8(w.y, v.even[1], v.odd[1])
    + dot8(w.z, v.even[2], v.odd[2]) + dot8(w.w, v.even[3], v.odd[3]) - v.zero;
}
