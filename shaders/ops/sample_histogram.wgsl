// Sampler, second of three: turns scaled logits into keys and adds up count and masses by distance.
// Dispatch (groups).
@group(0) @binding(1) var<storage, read_write> keys: array<u32>;                // [VOCAB rounded up to 4] in: bits of f32
@group(0) @binding(2) var<storage, read_write> histogram: array<atomic<u32>>;   // [3, BINS]: count, cut mass, draw mass
@group(0) @binding(3) var<uniform> params: Params;

// Words of workgroup memory: 3 BINS to add up a workgroup's candidates in, or 1 to do so in the histogram itself, where
// that is the same memory and clearing a copy costs more than it saves.
override LOCAL: u32 = 3072;

var<workgroup> local: array<atomic<u32>, LOCAL>;

fn add(at: u32, value: u32) {
  if (LOCAL > 1u) {
    atomicAdd(&local[at], value);
  } else {
    atomicAdd(&histogram[at], value);
  }
}

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
    add(bin, 1u);
    add(BINS + bin, mass.y);
    add(2u * BINS + bin, mass.z);
  }
  if (LOCAL == 1u) {
    return;
  }
  workgroupBarrier();
  for (var i = t; i < 3u * BINS; i += WORKGROUP) {
    let sum = atomicLoad(&local[i]);
    if (sum != 0u) {
      atomicAdd(&histogram[i], sum);
    }
  }
}
