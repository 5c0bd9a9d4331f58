// A team is one subgroup: no shared memory, no barrier. Its size is unknown until the kernel runs (4 to 128);
// the workgroup is a multiple of the largest, so every subgroup is full.
enable subgroups;
// Loops over a team's rows end together for the whole team, which the analysis cannot see through `Invocation`.
diagnostic(off, subgroup_uniformity);

override WG: u32 = 128; // invocations per workgroup

struct Invocation {
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(subgroup_size) lanes: u32,
}

fn lane_of(at: Invocation) -> u32 { return at.lane; }
fn lanes_of(at: Invocation) -> u32 { return at.lanes; }
fn team_of(at: Invocation) -> u32 { return at.local / at.lanes; }
fn teams_of(at: Invocation) -> u32 { return WG / at.lanes; }

// What a team leaves in workgroup memory of each sum, and how its lanes come to it.
const SHARES = 1u;
fn fold(value: vec4<f32>) -> vec4<f32> { return subgroupAdd(value); }
fn fold_one(value: f32) -> f32 { return subgroupAdd(value); }
