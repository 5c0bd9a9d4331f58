// Hands the last token of a chunk to the decode kernels: residual * gamma and its sum of squares, which they take as
// PARTS partial sums. Dispatch (1).
override HIDDEN: u32;
override PARTS: u32;

@group(0) @binding(0) var<storage, read> residual: array<f32>;      // [HIDDEN]
@group(0) @binding(1) var<storage, read> gamma: array<f32>;         // [HIDDEN]
@group(0) @binding(2) var<storage, read_write> scaled: array<f32>;  // [HIDDEN]
@group(0) @binding(3) var<storage, read_write> squares: array<f32>; // [PARTS]

const WORKGROUP = 256u;
var<workgroup> sums: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) t: u32) {
  var sum = 0.0;
  for (var i = t; i < HIDDEN; i += WORKGROUP) {
    sum += residual[i] * residual[i];
    scaled[i] = residual[i] * gamma[i];
  }
  sums[t] = sum;
  workgroupBarrier();
  for (var width = WORKGROUP / 2u; width > 0u; width /= 2u) {
    if (t < width) {
      sums[t] += sums[t + width];
    }
    workgroupBarrier();
  }
  for (var i = t; i < PARTS; i += WORKGROUP) {
    squares[i] = select(0.0, sums[0], i == 0u);
  }
}
