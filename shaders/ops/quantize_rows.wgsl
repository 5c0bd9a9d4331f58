// Activations as 8-bit integers for `math_int8`: per group of 32 columns the scale max |x| / 127, the integers in the
// order of the nibbles of a word, and what the zero point of the weights will take off. One invocation per group;
// rows of several tokens follow one another. Dispatch: GROUPS / 64 workgroups.
requires packed_4x8_integer_dot_product;

override GROUPS: u32; // rows * columns / 32

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;       // [GROUPS, 8]
// [GROUPS, 3]: even columns, odd columns, then bits of (scale, 7 * scale * sum of the integers, 0, 0).
@group(0) @binding(1) var<storage, read_write> y: array<vec4<u32>>;

const WORD_ONES = 0x01010101u;

fn sum_of(words: vec4<u32>) -> i32 {
  return dot4I8Packed(words.x, WORD_ONES) + dot4I8Packed(words.y, WORD_ONES)
    + dot4I8Packed(words.z, WORD_ONES) + dot4I8Packed(words.w, WORD_ONES);
}

fn pack(values: vec4<f32>) -> u32 { return pack4xI8(vec4<i32>(clamp(round(values), vec4(-127.0), vec4(127.0)))); }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let group = id.x;
  if (group >= GROUPS) {
    return;
  }
  let at = group * 8u;
  var largest = vec4<f32>();
  for (var i = 0u; i < 8u; i++) { largest = max(largest, abs(x[at + i])); }
  let top = max(max(largest.x, largest.y), max(largest.z, largest.w));
  // Below that 127 / top would not be finite, and the values do not matter beside any others.
  let is_zero = top < 1e-30;
  let inverse = select(127.0 / top, 0.0, is_zero);
  var even = vec4<u32>();
  var odd = vec4<u32>();
  for (var word = 0u; word < 4u; word++) {
    let first = x[at + 2u * word] * inverse;
    let second = x[at + 2u * word + 1u] * inverse;
    even[word] = pack(vec4(first.xz, second.xz));
    odd[word] = pack(vec4(first.yw, second.yw));
  }
  let scale = select(top / 127.0, 1.0, is_zero);
  let zero = 7.0 * scale * f32(sum_of(even) + sum_of(odd));
  y[group * 3u] = even;
  y[group * 3u + 1u] = odd;
  y[group * 3u + 2u] = vec4(bitcast<u32>(scale), bitcast<u32>(zero), 0u, 0u);
}
