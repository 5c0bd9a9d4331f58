// Reads a buffer once, as fast as the adapter can: what the decode kernels' speed is compared with.
// Four independent sums keep four loads of 16 bytes per invocation in flight.

override WG: u32 = 256;

@group(0) @binding(0) var<storage, read> data: array<vec4<u32>>; // [any], all of it read
// Written only if the sums come to one value in 2^32: nothing that is read may be left out.
@group(0) @binding(1) var<storage, read_write> seen: array<u32>; // [1]

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let stride = groups.x * WG;
  let count = arrayLength(&data);
  var a = vec4<u32>(0);
  var b = vec4<u32>(0);
  var c = vec4<u32>(0);
  var d = vec4<u32>(0);
  var at = id.x;
  for (; at + 3 * stride < count; at += 4 * stride) {
    a += data[at];
    b += data[at + stride];
    c += data[at + 2 * stride];
    d += data[at + 3 * stride];
  }
  for (; at < count; at += stride) {
    a += data[at];
  }
  let all = a + b + c + d;
  if (all.x + all.y + all.z + all.w == 0x9e3779b9u) {
    seen[0] = 1;
  }
}
