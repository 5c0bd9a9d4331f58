// Fixed-point masses of the whole distribution, the same numbers in the second and third dispatch.

@group(0) @binding(0) var<storage, read> partials: array<Partial>; // [groups]

var<workgroup> parts: array<Partial, MOST_GROUPS>;

// Statistics of all candidates, added up in the same order by every workgroup.
fn whole(t: u32, lanes: u32, drawRatio: f32) -> Partial {
  if (t < MOST_GROUPS) {
    parts[t] = Partial(-FARTHEST, NO_TOKEN, 0.0, 0.0);
    if (t < arrayLength(&partials)) {
      parts[t] = partials[t];
    }
  }
  workgroupBarrier();
  for (var width = lanes * MOST_GROUPS / WORKGROUP / 2u; width > 0u; width /= 2u) {
    if (t < width) {
      parts[t] = merged(parts[t], parts[t + width], drawRatio);
    }
    workgroupBarrier();
  }
  return workgroupUniformLoad(&parts[0]);
}

struct Scales {
  cut: f32,  // fixed-point mass of the best candidate before the cuts
  draw: f32, // and in the distribution drawn from
}

fn scalesOf(all: Partial) -> Scales {
  return Scales(MASS / max(all.cut, 1.0), MASS / max(all.draw, 1.0));
}

// (count, cut mass, draw mass) of one candidate.
fn massOf(key: u32, scales: Scales, drawRatio: f32) -> vec3<u32> {
  let distance = bitcast<f32>(key);
  return vec3<u32>(1u, u32(decay(distance) * scales.cut), u32(decay(drawRatio * distance) * scales.draw));
}
