// RMSNorm without a dispatch of its own: x already carries the norm's weights, its producers left one partial sum of
// squares per workgroup, and what is missing is one factor for the whole vector.
override HIDDEN: u32;  // width of the normalised vector
override PARTS: u32;   // partial sums
override EPS: f32;

@group(0) @binding(5) var<storage, read> squares: array<f32>; // [PARTS]

// Each invocation takes its part of the partial sums; behind the next barrier `norm_factor` knows them all.
fn share_norm(at: Invocation) {
  var sum = 0.0;
  for (var i = at.local; i < PARTS; i += WG) { sum += squares[i]; }
  share(at, sum);
}

fn norm_factor(at: Invocation) -> f32 { return inverseSqrt(shared_sum(at) / f32(HIDDEN) + EPS); }
