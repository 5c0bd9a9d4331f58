// A team is a single invocation; the lanes of a subgroup only lend each other their inputs. The workgroup is a
// multiple of the largest subgroup, so every subgroup is full.
enable subgroups;
// The lanes of a subgroup walk along their rows together, which the analysis cannot see through `Invocation`.
diagnostic(off, subgroup_uniformity);

override WG: u32 = 8; // invocations per workgroup

struct Invocation {
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(subgroup_size) lanes: u32,
}

fn lane_of(at: Invocation) -> u32 { return 0u; }
fn team_of(at: Invocation) -> u32 { return at.local; }
fn teams_of(at: Invocation) -> u32 { return WG; }

// What a team leaves in workgroup memory of each sum: all of it.
const SHARES = 1u;
fn fold(value: vec4<f32>) -> vec4<f32> { return value; }
fn fold_one(value: f32) -> f32 { return value; }
