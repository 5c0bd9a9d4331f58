// Reads weights of a checkpoint for the quantisers, one group of 32 per invocation. A weight becomes the bits of
// the f32 of the same value: every f16 and bf16 has one, f16 subnormals as normal numbers. Integers throughout,
// since the result must be the same bytes on every GPU and on the CPU.
struct Block {
  groups: u32,        // in this dispatch
  first_column: u32,  // of its first group, in groups
  row_groups: u32,    // groups per row
  dtype: u32,         // of `weights`: 0 f16, 1 bf16, 2 f32
  half_scales: u32,   // 1: weights are rounded to f16 first and scales are f16, 0: f32
  candidates: u32,    // quantize_search: scales to try
  weighted: u32,      // quantize_search: 1 where `importance` counts
  spare: u32,
}

@group(0) @binding(0) var<storage, read> weights: array<u32>;      // [groups, 32] in the checkpoint's dtype
@group(0) @binding(1) var<storage, read_write> output: array<u32>; // [groups, 4] of 8 codes, then [groups] scales
@group(0) @binding(2) var<uniform> block: Block;

// In place of the scale of a group that holds an infinity or NaN.
const BAD = 0xffffffffu;
const ZERO_CODES = 0x77777777u;
const INFINITY = 0x7f800000u;

fn half_to_float(half: u32) -> u32 {
  let sign = (half & 0x8000u) << 16u;
  let magnitude = half & 0x7fffu;
  if (magnitude >= 0x7c00u) { return sign | INFINITY; } // NaN as well: both are bad
  if (magnitude >= 0x400u) { return sign | ((magnitude << 13u) + 0x38000000u); }
  if (magnitude == 0u) { return sign; }
  let shift = countLeadingZeros(magnitude) - 21u; // to 11 significant bits
  return sign | ((113u - shift) << 23u) | ((magnitude << (shift + 13u)) & 0x7fffffu);
}

// To nearest, ties to even; like floatBitsToHalf of src/core/half.ts.
fn float_to_half(bits: u32) -> u32 {
  let sign = (bits >> 16u) & 0x8000u;
  let magnitude = bits & 0x7fffffffu;
  if (magnitude >= 0x477ff000u) { return sign | 0x7c00u; }
  if (magnitude >= 0x38800000u) {
    return sign | (((magnitude + 0xfffu + ((magnitude >> 13u) & 1u)) >> 13u) - (112u << 10u));
  }
  let exponent = magnitude >> 23u;
  if (exponent < 102u) { return sign; }
  return sign | round_shift((magnitude & 0x7fffffu) | 0x800000u, 126u - exponent);
}

// value >> shift, to nearest, ties to even; shift 1 .. 31.
fn round_shift(value: u32, shift: u32) -> u32 {
  let floor = value >> shift;
  let rest = value & ((1u << shift) - 1u);
  let half = 1u << (shift - 1u);
  return floor + select(0u, 1u, rest > half || (rest == half && (floor & 1u) == 1u));
}

// Weight i of a group as f32 bits.
fn weight_bits(group: u32, i: u32) -> u32 {
  var bits = 0u;
  if (block.dtype == 2u) {
    bits = weights[group * 32u + i];
  } else {
    let half = (weights[group * 16u + i / 2u] >> (16u * (i % 2u))) & 0xffffu;
    if (block.dtype == 1u) { bits = half << 16u; } else { return half_to_float(half); }
  }
  if (block.half_scales == 1u) { return half_to_float(float_to_half(bits)); }
  return bits;
}

// Value of f32 bits, without sign: significand * 2^(exponent - 150).
fn exponent_of(bits: u32) -> u32 { return max((bits >> 23u) & 255u, 1u); }
fn significand_of(bits: u32) -> u32 {
  return (bits & 0x7fffffu) | select(0u, 0x800000u, (bits & INFINITY) != 0u);
}

fn store_scale(group: u32, scale: u32) { output[block.groups * 4u + group] = scale; }
fn store_zeros(group: u32) {
  for (var word = 0u; word < 4u; word++) { output[group * 4u + word] = ZERO_CODES; }
  store_scale(group, 0u);
}
