// Sampler, second of three: turns scaled logits into keys and adds up count and masses by distance.
// Dispatch (groups).
@group(0) @binding(1) var<storage, read_write> keys: array<u32>;                // [VOCAB rounded up to 4] in: bits of f32
@group(0) @binding(2) var<storage, read_write> histogram: array<atomic<u32>>;   // [3, BINS]: count, cut mass, draw mass
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> local: array<atomic<u32>, 3u * BINS>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) t: u32,
) {
  if ((params.flags & GREEDY) != 0u) {
    return;
  }
  let all = whole(t, params.lanes, params.drawRatio);
  let scales = scalesOf(all);
  for (var id = group.x * WORKGROUP + t; id < arrayLength(&keys); id += groups.x * WORKGROUP) {
    let bits = keys[id];
    if (bits == NO_KEY) {
      continue;
    }
    let key = bitcast<u32>(max(all.best - bitcast<f32>(bits), 0.0));
    keys[id] = key;
    let mass = massOf(key, scales, params.drawRatio);
    let bin = clamp(key >> BIN_SHIFT, FIRST_BIN, FIRST_BIN + BINS - 1u) - FIRST_BIN;
    atomicAdd(&local[bin], 1u);
    atomicAdd(&local[BINS + bin], mass.y);
    atomicAdd(&local[2u * BINS + bin], mass.z);
  }
  workgroupBarrier();
  for (var i = t; i < 3u * BINS; i += WORKGROUP) {
    let sum = atomicLoad(&local[i]);
    if (sum != 0u) {
      atomicAdd(&histogram[i], sum);
    }
  }
}
