// RMSNorm without a dispatch of its own: x already carries the norm's weights, its producers left one partial sum of
// squares per workgroup, and what is missing is one factor for the whole vector.
override HIDDEN: u32;  // width of the normalised vector
override PARTS: u32;   // partial sums
override EPS: f32;

@group(0) @binding(5) var<storage, read> squares: array<f32>; // [PARTS]

fn norm_factor(at: Invocation) -> f32 {
  var sum = 0.0;
  for (var i = lane_of(at); i < PARTS; i += lanes_of(at)) { sum += squares[i]; }
  return inverseSqrt(team_sum(at, vec4(sum, 0.0, 0.0, 0.0)).x / f32(HIDDEN) + EPS);
}
