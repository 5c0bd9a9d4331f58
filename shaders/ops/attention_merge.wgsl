// Puts the splits of attention_split together. Dispatch: (HEADS, columns).
@group(0) @binding(0) var<storage, read> shares: array<vec4<f32>>;      // [columns, HEADS, MAX_SPLITS, HEAD_DIM / 4]
@group(0) @binding(1) var<storage, read> extent: array<vec2<f32>>;       // [columns, HEADS, MAX_SPLITS] of (max score, sum of exp)
@group(0) @binding(2) var<storage, read_write> output: array<vec4<f32>>; // [columns, HEADS, HEAD_DIM / 4]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let quads = HEAD_DIM / 4u;
  if (local >= quads) { return; }
  let splits = split_count(first_position() + column_count());
  let place = group.y * HEADS + group.x;
  let first = place * MAX_SPLITS;
  var highest = -3.0e38;
  for (var s = 0u; s < splits; s++) { highest = max(highest, extent[first + s].x); }
  var total = vec4<f32>();
  var weight = 0.0;
  for (var s = 0u; s < splits; s++) {
    let share = exp(extent[first + s].x - highest); // 0 for a split that lies beyond what the column sees
    weight += extent[first + s].y * share;
    total += shares[(first + s) * quads + local] * share;
  }
  output[place * quads + local] = total / weight;
}
