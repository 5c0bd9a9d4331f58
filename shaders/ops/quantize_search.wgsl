// 4-bit codes and scales of least squared error. src/convert/quantize-search.ts defines the result and names the
// numbers. Prelude `quantize_group`. Dispatch (groups / 64).
@group(0) @binding(3) var<storage, read> importance: array<u32>; // [row_groups, 8] of 4 u8, lowest first

struct Fit {
  best: u32, // S * 1024
  other_side: bool,
}

var<private> units: array<vec4<i32>, 8>;  // m
var<private> coarse: array<vec4<i32>, 8>; // u
var<private> weight: array<vec4<i32>, 8>; // importance

// floor(1024 * sum a m^2 / divisor); the sum has up to 41 bits.
fn squares_over(divisor: u32) -> u32 {
  var high_sum = vec4<u32>(0u); // in units of 2^12
  var low_sum = vec4<u32>(0u);
  for (var i = 0u; i < 8u; i++) {
    let squares = vec4<u32>(units[i] * units[i]);
    high_sum += (squares >> vec4(12u)) * vec4<u32>(weight[i]);
    low_sum += (squares & vec4(4095u)) * vec4<u32>(weight[i]);
  }
  let low = low_sum.x + low_sum.y + low_sum.z + low_sum.w;
  let high = high_sum.x + high_sum.y + high_sum.z + high_sum.w + (low >> 12u);
  var quotient = high / divisor;
  var rest = high % divisor;
  for (var i = 0u; i < 22u; i++) {
    let bit = select(0u, (low >> (11u - i)) & 1u, i < 12u);
    rest = (rest << 1u) | bit;
    let digit = select(0u, 1u, rest >= divisor);
    rest -= digit * divisor;
    quotient = (quotient << 1u) | digit;
  }
  return quotient;
}

fn fit(largest: u32) -> Fit {
  let inverse = i32(0x1000000u / largest);
  for (var i = 0u; i < 8u; i++) { coarse[i] = (units[i] * inverse + 0x4000) >> vec4(15u); }
  let sides = 1u + block.weighted;
  var best_high = 0u;
  var best_low = 0u;
  var best_a = 0u;
  var best_b = 1u;
  var other_side = false;
  for (var trial = 0u; trial < block.candidates * sides; trial++) {
    let side = trial % sides;
    let c = i32(24u + trial / sides * sides); // both sides in larger steps
    let least = vec4<i32>(-7 - i32(side));
    var sum_a = vec4<i32>(0);
    var sum_b = vec4<i32>(0);
    for (var i = 0u; i < 8u; i++) {
      let q = clamp((coarse[i] * c + 1024) >> vec4(11u), least, least + 15);
      let weighted = q * weight[i];
      sum_a += units[i] * weighted;
      sum_b += q * weighted;
    }
    let a = u32(sum_a.x + sum_a.y + sum_a.z + sum_a.w);
    let b = u32(sum_b.x + sum_b.y + sum_b.z + sum_b.w);
    let s = (a + b / 2u) / b;
    let rest = 2u * a - s * b;
    // s * rest in two parts of which the lower has 16 bits.
    let low = s * (rest & 0xffffu);
    let high = s * (rest >> 16u) + (low >> 16u);
    if (high > best_high || (high == best_high && (low & 0xffffu) > best_low)) {
      best_high = high;
      best_low = low & 0xffffu;
      best_a = a;
      best_b = b;
      other_side = side == 1u;
    }
  }
  let fitted = best_a / best_b * 1024u + (best_a % best_b * 1024u + best_b / 2u) / best_b;
  return Fit(min(fitted + (fitted >> 4u), squares_over(best_a)), other_side);
}

// rounded * 2^power as f16 or f32 bits; exact.
fn scale_bits(rounded: u32, power: i32, sign: u32) -> u32 {
  let length = 31u - countLeadingZeros(rounded);
  let exponent = i32(length) + power;
  if (block.half_scales == 0u) {
    return (sign << 31u) | (u32(exponent + 127) << 23u) | ((rounded << (23u - length)) & 0x7fffffu);
  }
  if (exponent < -14) { return (sign << 15u) | (rounded << u32(power + 24)); }
  return (sign << 15u) | (u32(exponent + 15) << 10u) | (((rounded << 13u) >> (length + 3u)) & 1023u);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
  let group = at.x;
  if (group >= block.groups) { return; }
  var highest = 0u; // magnitudes of the largest and of the least weight
  var lowest = 0u;
  for (var i = 0u; i < 32u; i++) {
    let bits = weight_bits(group, i);
    units[i / 4u][i % 4u] = bitcast<i32>(bits);
    let magnitude = bits & 0x7fffffffu;
    if (magnitude == bits) { highest = max(highest, magnitude); } else { lowest = max(lowest, magnitude); }
  }
  let top = max(highest, lowest);
  if (top >= INFINITY) {
    store_scale(group, BAD);
    return;
  }
  if (top < (15u << 23u)) { // 2^-112
    store_zeros(group);
    return;
  }
  var sign = select(1u, 0u, highest >= lowest);
  let top_exponent = top >> 23u;
  let column = (block.first_column + group) % block.row_groups;
  for (var i = 0u; i < 8u; i++) {
    let important = vec4<u32>(importance[select(0u, column * 8u + i, block.weighted == 1u)]);
    weight[i] = select(
      vec4<i32>(1),
      vec4<i32>((important >> vec4(0u, 8u, 16u, 24u)) & vec4(255u)),
      block.weighted == 1u,
    );
    for (var j = 0u; j < 4u; j++) {
      let bits = bitcast<u32>(units[i][j]);
      let shift = 10u + top_exponent - exponent_of(bits);
      let unit = i32(select(round_shift(significand_of(bits), min(shift, 24u)), 0u, shift > 24u));
      units[i][j] = select(unit, -unit, (bits >> 31u) != sign);
    }
  }
  let largest = round_shift(significand_of(top), 10u);
  let found = fit(largest);
  if (found.other_side) {
    sign = 1u - sign;
    for (var i = 0u; i < 8u; i++) { units[i] = -units[i]; }
  }
  let k = 140 - i32(top_exponent);
  let length = 32 - i32(countLeadingZeros(found.best));
  let least_drop = select(9, max(9, k - 14), block.half_scales == 1u);
  let drop = u32(max(length - 11, least_drop));
  let rounded = max(1u, (found.best + (1u << (drop - 1u))) >> drop);
  let step = i32(rounded << (drop - 9u)); // 2 S
  for (var word = 0u; word < 4u; word++) {
    var packed = 0u;
    for (var i = 0u; i < 8u; i++) {
      let unit = units[word * 2u + i / 4u][i % 4u];
      let code = min(15, max(0, 4 * unit + 15 * step) / (2 * step));
      packed |= u32(code) << (4u * i);
    }
    output[group * 4u + word] = packed;
  }
  store_scale(group, scale_bits(rounded, i32(drop) - 10 - k, sign));
}
