// Keys and values of the tokens at hand into the cache as 8-bit integers: scale = max|row| / 127, code = round(value / scale).
// A workgroup stores one row (a head of k or v of a token), an invocation four dimensions.
// Dispatch: (2 KV_HEADS, tokens).
override KV_HEADS: u32;
override HEAD_DIM: u32; // a multiple of 4, at most 256

// The cache: [KV_HEADS, capacity, HEAD_DIM / 4] of 4 integers, then the bits of f32 scales [KV_HEADS, capacity].
@group(0) @binding(0) var<storage, read> rows: array<vec4<f32>>; // [tokens, 2, KV_HEADS, HEAD_DIM / 4]: k, then v
@group(0) @binding(3) var<storage, read_write> k: array<u32>;
@group(0) @binding(4) var<storage, read_write> v: array<u32>;

const WG = 64u;
var<workgroup> largest: array<f32, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let quads = HEAD_DIM / 4u;
  var four = vec4<f32>();
  if (local < quads) { four = rows[(group.y * 2u * KV_HEADS + group.x) * quads + local]; }
  let size = abs(four);
  largest[local] = max(max(size.x, size.y), max(size.z, size.w));
  workgroupBarrier();
  if (local >= quads) { return; }
  var most = 0.0;
  for (var i = 0u; i < quads; i++) { most = max(most, largest[i]); }
  let codes = vec4<i32>(round(four * select(0.0, 127.0 / most, most > 0.0)));
  let word = pack4xI8(clamp(codes, vec4(-127), vec4(127)));
  let scale = bitcast<u32>(most / 127.0);
  let capacity = arrayLength(&k) / (KV_HEADS * (quads + 1u));
  let row = group.x % KV_HEADS * capacity + first_position() + group.y;
  let scales = KV_HEADS * capacity * quads;
  if (group.x < KV_HEADS) {
    k[row * quads + local] = word;
    if (local == 0u) { k[scales + row] = scale; }
  } else {
    v[row * quads + local] = word;
    if (local == 0u) { v[scales + row] = scale; }
  }
}
