// Causal attention of a chunk over everything cached before it and itself, with the softmax kept online in f32.
// A workgroup computes QUERIES queries of one head and walks KEYS keys at a time: an invocation has the scores of four
// queries and four keys in registers from the product to the exponential, then adds weights x values to all queries in
// four dimensions. The queries lie in workgroup memory, keys and values come straight from the cache.
// Dispatch (HEADS, tokens / QUERIES).
override HEADS: u32;
override KV_HEADS: u32;
override HEAD_DIM: u32;      // a multiple of 4, at most 256
override SCALE: f32;         // of the scores: 1 / sqrt(HEAD_DIM)
override QUERIES: u32 = 16;  // 8 or 16
override WG: u32 = 64;       // invocations: a multiple of QUERIES / 4, at least HEAD_DIM / 4

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;       // [tokens, HEADS, HEAD_DIM / 4]
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>; // [tokens, HEADS, HEAD_DIM / 4]

const LOWEST = -1.0e30;

var<workgroup> queries: array<vec4<f32>, HEAD_DIM / 4u * QUERIES>; // [quad of dimensions, query]
var<workgroup> weights: array<vec4<f32>, 4u * WG>;                 // [key, 4 queries]; at the end [query, WG] sums of values
var<workgroup> parts: array<vec4<f32>, WG>;                        // [4 keys, 4 queries]: highest score; at the end sums
var<workgroup> shrinks: array<vec4<f32>, 4>;                       // [4 queries]: what earlier sums are multiplied by

// Scores of a key with four queries. Everything in registers has a name: arrays are slow where loops stay loops.
fn products(q0: vec4<f32>, q1: vec4<f32>, q2: vec4<f32>, q3: vec4<f32>, k: vec4<f32>) -> vec4<f32> {
  return vec4(dot(q0, k), dot(q1, k), dot(q2, k), dot(q3, k));
}

fn spread(t: u32, a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>) {
  weights[t] = a;
  weights[WG + t] = b;
  weights[2u * WG + t] = c;
  weights[3u * WG + t] = d;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let fours = QUERIES / 4u;
  let keys = 16u * WG / QUERIES;
  // A bound that no compiler knows keeps some from unrolling the long loop.
  let quads = min(HEAD_DIM / 4u, arrayLength(&q));
  let head = group.x;
  let first_query = group.y * QUERIES;
  let first_row = head / (HEADS / KV_HEADS) * kv_capacity(); // of this head's first position
  let end_key = chunk.start + min(first_query + QUERIES, chunk.tokens);
  for (var i = t; i < quads * QUERIES; i += WG) {
    let query = min(first_query + i % QUERIES, chunk.tokens - 1u); // spare queries are not written
    queries[i] = q[(query * HEADS + head) * quads + i / QUERIES] * SCALE;
  }
  workgroupBarrier();

  // Scores: 4 queries x 4 keys.
  let block = t % fours;
  let couple = t / fours;
  let limit = vec4(chunk.start + first_query + 4u * block + 1u) + vec4(0u, 1u, 2u, 3u);
  var highest = vec4<f32>(LOWEST);
  var total = vec4<f32>();
  // Values: all queries x 4 dimensions, every `strides`-th key.
  let strides = WG / quads;
  let quad = t % quads;
  let stride = t / quads;
  var o0 = vec4<f32>();
  var o1 = vec4<f32>();
  var o2 = vec4<f32>();
  var o3 = vec4<f32>();
  var o4 = vec4<f32>();
  var o5 = vec4<f32>();
  var o6 = vec4<f32>();
  var o7 = vec4<f32>();
  var o8 = vec4<f32>();
  var o9 = vec4<f32>();
  var o10 = vec4<f32>();
  var o11 = vec4<f32>();
  var o12 = vec4<f32>();
  var o13 = vec4<f32>();
  var o14 = vec4<f32>();
  var o15 = vec4<f32>();

  for (var first_key = 0u; first_key < end_key; first_key += keys) {
    let key = first_key + 4u * couple;
    let rows = vec4(first_row) + min(vec4(key) + vec4(0u, 1u, 2u, 3u), vec4(end_key - 1u));
    let at = rows * quads;
    var s0 = vec4<f32>();
    var s1 = vec4<f32>();
    var s2 = vec4<f32>();
    var s3 = vec4<f32>();
    for (var d = 0u; d < quads; d++) {
      let first = d * QUERIES + 4u * block;
      let q0 = queries[first];
      let q1 = queries[first + 1u];
      let q2 = queries[first + 2u];
      let q3 = queries[first + 3u];
      s0 += products(q0, q1, q2, q3, key4(at.x + d));
      s1 += products(q0, q1, q2, q3, key4(at.y + d));
      s2 += products(q0, q1, q2, q3, key4(at.z + d));
      s3 += products(q0, q1, q2, q3, key4(at.w + d));
    }
    s0 = select(vec4(LOWEST), s0 * key_scale(rows.x), vec4(key) < limit);
    s1 = select(vec4(LOWEST), s1 * key_scale(rows.y), vec4(key + 1u) < limit);
    s2 = select(vec4(LOWEST), s2 * key_scale(rows.z), vec4(key + 2u) < limit);
    s3 = select(vec4(LOWEST), s3 * key_scale(rows.w), vec4(key + 3u) < limit);
    parts[t] = max(max(s0, s1), max(s2, s3));
    workgroupBarrier();
    var now = highest;
    for (var i = block; i < WG; i += fours) { now = max(now, parts[i]); }
    let shrink = exp(highest - now);
    highest = now;
    if (couple == 0u) { shrinks[block] = shrink; }
    let w0 = select(exp(s0 - now), vec4<f32>(), s0 == vec4(LOWEST));
    let w1 = select(exp(s1 - now), vec4<f32>(), s1 == vec4(LOWEST));
    let w2 = select(exp(s2 - now), vec4<f32>(), s2 == vec4(LOWEST));
    let w3 = select(exp(s3 - now), vec4<f32>(), s3 == vec4(LOWEST));
    total = total * shrink + (w0 + w1) + (w2 + w3);
    let to = 4u * couple * fours + block;
    weights[to] = w0 * value_scale(rows.x);
    weights[to + fours] = w1 * value_scale(rows.y);
    weights[to + 2u * fours] = w2 * value_scale(rows.z);
    weights[to + 3u * fours] = w3 * value_scale(rows.w);
    workgroupBarrier();
    let shrink0 = shrinks[0u];
    o0 *= shrink0.x;
    o1 *= shrink0.y;
    o2 *= shrink0.z;
    o3 *= shrink0.w;
    let shrink1 = shrinks[1u];
    o4 *= shrink1.x;
    o5 *= shrink1.y;
    o6 *= shrink1.z;
    o7 *= shrink1.w;
    if (fours > 2u) {
      let shrink2 = shrinks[2u];
      o8 *= shrink2.x;
      o9 *= shrink2.y;
      o10 *= shrink2.z;
      o11 *= shrink2.w;
      let shrink3 = shrinks[3u];
      o12 *= shrink3.x;
      o13 *= shrink3.y;
      o14 *= shrink3.z;
      o15 *= shrink3.w;
    }
    if (stride < strides) {
      for (var i = stride; i < min(keys, end_key - first_key); i += strides) { // beyond lies what nobody wrote
        let value = value4((first_row + first_key + i) * quads + quad);
        let four0 = weights[i * fours];
        o0 += four0.x * value;
        o1 += four0.y * value;
        o2 += four0.z * value;
        o3 += four0.w * value;
        let four1 = weights[i * fours + 1u];
        o4 += four1.x * value;
        o5 += four1.y * value;
        o6 += four1.z * value;
        o7 += four1.w * value;
        if (fours > 2u) {
          let four2 = weights[i * fours + 2u];
          o8 += four2.x * value;
          o9 += four2.y * value;
          o10 += four2.z * value;
          o11 += four2.w * value;
          let four3 = weights[i * fours + 3u];
          o12 += four3.x * value;
          o13 += four3.y * value;
          o14 += four3.z * value;
          o15 += four3.w * value;
        }
      }
    }
    workgroupBarrier();
  }

  parts[t] = total;
  for (var f = 0u; f < min(fours, arrayLength(&q)); f++) {
    if (f == 0u) {
      spread(t, o0, o1, o2, o3);
    } else if (f == 1u) {
      spread(t, o4, o5, o6, o7);
    } else if (f == 2u) {
      spread(t, o8, o9, o10, o11);
    } else {
      spread(t, o12, o13, o14, o15);
    }
    workgroupBarrier();
    for (var i = t; i < 4u * quads; i += WG) {
      let query = i / quads;
      var sum = vec4<f32>();
      for (var s = 0u; s < strides; s++) { sum += weights[query * WG + s * quads + i % quads]; }
      var weight = 0.0;
      for (var j = f; j < WG; j += fours) { weight += parts[j][query]; }
      let token = first_query + 4u * f + query;
      if (token < chunk.tokens) { y[(token * HEADS + head) * quads + i % quads] = sum / weight; }
    }
    workgroupBarrier();
  }
}
