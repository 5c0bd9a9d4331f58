// RMSNorm of every token: y = x * gamma / sqrt(mean(x^2) + EPS). Dispatch (1, tokens).
override HIDDEN: u32;
override EPS: f32;

@group(0) @binding(0) var<storage, read> x: array<f32>;       // [tokens, HIDDEN]
@group(0) @binding(1) var<storage, read> gamma: array<f32>;   // [HIDDEN]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [tokens, HIDDEN]

const WORKGROUP = 256u;
var<workgroup> sums: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let row = group.y * HIDDEN;
  var sum = 0.0;
  for (var i = t; i < HIDDEN; i += WORKGROUP) {
    sum += x[row + i] * x[row + i];
  }
  sums[t] = sum;
  workgroupBarrier();
  for (var width = WORKGROUP / 2u; width > 0u; width /= 2u) {
    if (t < width) {
      sums[t] += sums[t + width];
    }
    workgroupBarrier();
  }
  let factor = inverseSqrt(sums[0] / f32(HIDDEN) + EPS);
  for (var i = t; i < HIDDEN; i += WORKGROUP) {
    y[row + i] = x[row + i] * gamma[i] * factor;
  }
}
