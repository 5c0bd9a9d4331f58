// A team is LANES invocations of the workgroup that add up through shared memory: for adapters without subgroups.
override WG: u32 = 64;    // invocations per workgroup, a multiple of LANES
override LANES: u32 = 64; // invocations per team, a multiple of FOLD

struct Invocation {
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
}

var<workgroup> team_tree: array<vec4<f32>, WG>;

fn lane_of(at: Invocation) -> u32 { return at.local % LANES; }
fn lanes_of(at: Invocation) -> u32 { return LANES; }
fn team_of(at: Invocation) -> u32 { return at.local / LANES; }
fn teams_of(at: Invocation) -> u32 { return WG / LANES; }

// Sum over the lanes of the team, known to all of them. Every invocation of the workgroup must call it. Two folds
// by FOLD instead of a binary tree: three barriers instead of seven.
const FOLD = 8u;
fn team_sum(at: Invocation, value: vec4<f32>) -> vec4<f32> {
  let lane = lane_of(at);
  let first = at.local - lane;
  team_tree[at.local] = value;
  workgroupBarrier();
  if (lane < FOLD) {
    var sum = value;
    for (var other = lane + FOLD; other < LANES; other += FOLD) { sum += team_tree[first + other]; }
    team_tree[at.local] = sum;
  }
  workgroupBarrier();
  var total = vec4<f32>();
  for (var i = 0u; i < FOLD; i++) { total += team_tree[first + i]; }
  workgroupBarrier();
  return total;
}

// What a team leaves in workgroup memory of each sum: every lane its own, since adding them up there needs a barrier
// per sum, and whoever finishes a row can add as well, all behind one barrier.
override SHARES: u32 = LANES;
fn fold(value: vec4<f32>) -> vec4<f32> { return value; }
fn fold_one(value: f32) -> f32 { return value; }
