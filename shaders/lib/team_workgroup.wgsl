// A team is LANES invocations of the workgroup that add up through shared memory: for adapters without subgroups.
override WG: u32 = 64;    // invocations per workgroup, a multiple of LANES
override LANES: u32 = 64; // invocations per team

struct Invocation {
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
}

fn lane_of(at: Invocation) -> u32 { return at.local % LANES; }
fn lanes_of(at: Invocation) -> u32 { return LANES; }
fn team_of(at: Invocation) -> u32 { return at.local / LANES; }
fn teams_of(at: Invocation) -> u32 { return WG / LANES; }

// What a team leaves in workgroup memory of each sum: every lane its own, since adding them up there needs a barrier
// per sum, and whoever finishes a row can add as well, all behind one barrier.
override SHARES: u32 = LANES;
fn fold(value: vec4<f32>) -> vec4<f32> { return value; }
fn fold_one(value: f32) -> f32 { return value; }
