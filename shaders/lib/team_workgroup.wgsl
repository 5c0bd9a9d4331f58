// A team is LANES invocations of the workgroup that add up through shared memory: for adapters without subgroups.
override WG: u32 = 64;    // invocations per workgroup, a multiple of LANES
override LANES: u32 = 64; // invocations per team, a power of two

struct Invocation {
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
}

var<workgroup> team_tree: array<vec4<f32>, WG>;

fn lane_of(at: Invocation) -> u32 { return at.local % LANES; }
fn lanes_of(at: Invocation) -> u32 { return LANES; }
fn team_of(at: Invocation) -> u32 { return at.local / LANES; }
fn teams_of(at: Invocation) -> u32 { return WG / LANES; }

// Sum over the lanes of the team, known to all of them. Every invocation of the workgroup must call it.
fn team_sum(at: Invocation, value: vec4<f32>) -> vec4<f32> {
  let lane = lane_of(at);
  team_tree[at.local] = value;
  workgroupBarrier();
  for (var step = LANES / 2u; step > 0u; step >>= 1u) {
    if (lane < step) { team_tree[at.local] += team_tree[at.local + step]; }
    workgroupBarrier();
  }
  let sum = team_tree[at.local - lane];
  workgroupBarrier();
  return sum;
}
