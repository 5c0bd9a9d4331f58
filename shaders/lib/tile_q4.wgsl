// Weights of a tile: 4-bit codes, lowest nibble first. The scale is left out (lib/scales_*.wgsl): code - 7 is
// exact in any float type.
@group(0) @binding(0) var<storage, read> codes: array<u32>; // [rows, columns / 8] of 8 nibbles

// Columns 4 * quad .. 4 * quad + 3 of a row.
fn weights4(row: u32, columns: u32, quad: u32) -> vec4<f32> {
  let word = codes[row * (columns / 8u) + quad / 2u] >> (16u * (quad % 2u));
  return vec4<f32>((vec4<u32>(word) >> vec4<u32>(0u, 4u, 8u, 12u)) & vec4<u32>(15u)) - 7.0;
}

// Columns 8 * eight .. 8 * eight + 7 of a row: one word.
fn weights8(row: u32, columns: u32, eight: u32) -> mat2x4<f32> {
  let word = codes[row * (columns / 8u) + eight];
  return mat2x4(centred(word), centred(word >> 16u));
}

// The lowest four nibbles, masked where they lie and moved down as floats, exactly: SwiftShader shifts lane by lane.
fn centred(word: u32) -> vec4<f32> {
  let lying = vec4<f32>(vec4<i32>(vec4<u32>(word) & vec4<u32>(0xfu, 0xf0u, 0xf00u, 0xf000u)));
  return lying * vec4<f32>(1.0, 0.0625, 0.00390625, 0.000244140625) - 7.0;
}
