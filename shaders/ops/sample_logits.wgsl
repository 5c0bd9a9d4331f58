// Sampler, first of three: penalties, bias and bans, scaling, and softmax statistics per workgroup.
// Dispatch (groups). Also clears the histogram of the second.
@group(0) @binding(0) var<storage, read> logits: array<u32>;             // [VOCAB] bits of f32
@group(0) @binding(1) var<storage, read> entries: array<vec2<u32>>;      // [VOCAB] (count word, bits of the bias or BANNED)
@group(0) @binding(2) var<storage, read_write> scaled: array<u32>;       // [VOCAB rounded up to 4] bits of f32, or NO_KEY
@group(0) @binding(3) var<storage, read_write> partials: array<Partial>; // [groups]
@group(0) @binding(4) var<storage, read_write> histogram: array<u32>;    // [3, BINS]
@group(0) @binding(5) var<uniform> params: Params;

const MOST = 0x7149f2cau;       // bits of 1e30: larger logits, and infinity, count as this
const INFINITY = 0x7f800000u;
const SIGN = 0x80000000u;

var<workgroup> parts: array<Partial, WORKGROUP>;

// Tested on bits, since WGSL promises nothing about arithmetic on NaN and infinity.
fn isCandidate(id: u32) -> bool {
  if (id >= params.drawable || id >= arrayLength(&logits)) {
    return false;
  }
  let bits = logits[id];
  return (bits & ~SIGN) <= INFINITY && bits != (INFINITY | SIGN) && entries[id].y != BANNED;
}

fn adjusted(id: u32) -> f32 {
  let bits = logits[id];
  var value = bitcast<f32>(min(bits & ~SIGN, MOST) | (bits & SIGN));
  let count = entries[id].x;
  if (count != 0u) {
    value = select(value * params.repetitionPenalty, value / params.repetitionPenalty, value > 0.0);
  }
  let generated = count & ~SIGN;
  if (generated != 0u) {
    value -= params.presencePenalty + params.frequencyPenalty * f32(generated);
  }
  return clamp(value + bitcast<f32>(entries[id].y), -1.0e30, 1.0e30) * params.cutScale;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) t: u32,
) {
  var part = Partial(-FARTHEST, NO_TOKEN, 0.0, 0.0);
  for (var id = group.x * WORKGROUP + t; id < arrayLength(&scaled); id += groups.x * WORKGROUP) {
    if (isCandidate(id)) {
      let value = adjusted(id);
      scaled[id] = bitcast<u32>(value);
      part = merged(part, Partial(value, id, 1.0, 1.0), params.drawRatio);
    } else {
      scaled[id] = NO_KEY;
    }
  }
  if (group.x == 0u) {
    for (var i = t; i < 3u * BINS; i += WORKGROUP) {
      histogram[i] = 0u;
    }
  }
  parts[t] = part;
  workgroupBarrier();
  for (var width = params.lanes / 2u; width > 0u; width /= 2u) {
    if (t < width) {
      parts[t] = merged(parts[t], parts[t + width], params.drawRatio);
    }
    workgroupBarrier();
  }
  if (t == 0u) {
    partials[group.x] = parts[0];
  }
}
