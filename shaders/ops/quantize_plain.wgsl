// MLC's 4-bit rule (src/convert/quantize.ts) with its divisions rounded in integers:
// scale = F(max / 7), t = F(w / scale), code = clamp(round_half_even(t + 7), 0, 14), F being f16 or f32.
// Prelude `quantize_group`. Dispatch (groups / 64).

// A positive number, significand * 2^(exponent - 150) with bit 23 of the significand set.
struct Positive {
  significand: u32,
  exponent: i32,
}

fn normalised(significand: u32, exponent: i32) -> Positive {
  let shift = countLeadingZeros(significand) - 8u;
  return Positive(significand << shift, exponent - i32(shift));
}

// F(max / 7), or significand 0.
fn seventh(top: u32, digits: u32) -> Positive {
  let most = normalised(significand_of(top), i32(exponent_of(top)));
  // 27 or 28 bits and a sticky one below.
  let quotient = (most.significand << 6u) / 7u; // * 2^(most.exponent - 156)
  let sticky = select(0u, 1u, (most.significand << 6u) % 7u != 0u);
  let exact = (quotient << 1u) | sticky; // * 2^(most.exponent - 157)
  let length = 32u - countLeadingZeros(exact);
  // Least step of F: 2^-24 or 2^-149.
  let least = select(-149, -24, digits == 11u) + 157 - most.exponent;
  let drop = max(i32(length) - i32(digits), least);
  if (drop > i32(length)) { return Positive(0u, 0); }
  let rounded = round_shift(exact, u32(drop));
  if (rounded == 0u) { return Positive(0u, 0); }
  return normalised(rounded, most.exponent - 7 + drop);
}

fn scale_bits(scale: Positive, digits: u32) -> u32 {
  if (digits == 11u) {
    let exponent = scale.exponent - 112;
    if (exponent >= 1) { return (u32(exponent) << 10u) + ((scale.significand >> 13u) & 1023u); }
    return scale.significand >> u32(14 - exponent);
  }
  if (scale.exponent >= 1) { return (u32(scale.exponent) << 23u) | (scale.significand & 0x7fffffu); }
  return scale.significand >> u32(1 - scale.exponent);
}

// How far the code of |w| lies from 7.
fn level(bits: u32, scale: Positive, digits: u32) -> u32 {
  if ((bits & 0x7fffffffu) == 0u) { return 0u; }
  let w = normalised(significand_of(bits), i32(exponent_of(bits)));
  let power = w.exponent - scale.exponent; // w / scale is between 2^(power - 1) and 2^(power + 1)
  if (power < -2) { return 0u; }
  // Long division to `digits` significant bits: t = quotient * 2^-fraction, before its rounding.
  var quotient = select(0u, 1u, w.significand >= scale.significand);
  var rest = w.significand - quotient * scale.significand;
  let steps = digits - quotient;
  for (var i = 0u; i < steps; i++) {
    rest = rest << 1u;
    let digit = select(0u, 1u, rest >= scale.significand);
    rest -= digit * scale.significand;
    quotient = (quotient << 1u) | digit;
  }
  let twice = rest << 1u;
  let is_up = twice > scale.significand || (twice == scale.significand && (quotient & 1u) == 1u);
  quotient += select(0u, 1u, is_up);
  let fraction = u32(i32(steps) - power); // 6 .. 26, since t is below 16
  // 7 is odd, so that ties of t + 7 to even are ties of t to odd.
  let whole = quotient >> fraction;
  let part = quotient & ((1u << fraction) - 1u);
  let half = 1u << (fraction - 1u);
  return whole + select(0u, 1u, part > half || (part == half && (whole & 1u) == 0u));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
  let group = at.x;
  if (group >= block.groups) { return; }
  let digits = select(24u, 11u, block.half_scales == 1u);
  var top = 0u;
  for (var i = 0u; i < 32u; i++) { top = max(top, weight_bits(group, i) & 0x7fffffffu); }
  if (top >= INFINITY) {
    store_scale(group, BAD);
    return;
  }
  if (top == 0u) {
    store_zeros(group);
    return;
  }
  let scale = seventh(top, digits);
  if (scale.significand == 0u) {
    store_zeros(group);
    return;
  }
  for (var word = 0u; word < 4u; word++) {
    var packed = 0u;
    for (var i = 0u; i < 8u; i++) {
      let bits = weight_bits(group, word * 8u + i);
      let distance = min(level(bits, scale, digits), 7u);
      packed |= select(7u + distance, 7u - distance, bits >> 31u == 1u) << (4u * i);
    }
    output[group * 4u + word] = packed;
  }
  store_scale(group, scale_bits(scale, digits));
}
