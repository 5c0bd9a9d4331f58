// Causal attention of a chunk over everything cached before it and itself, with the softmax kept online in f32.
// A workgroup computes 32 queries of one head and walks 32 keys at a time: scores in 4 x 2 blocks per invocation,
// then their weights, then each invocation adds weights x values to 8 queries x 4 dimensions.
// Dispatch (HEADS, tokens / 32).
override HEADS: u32;
override KV_HEADS: u32;
override HEAD_DIM: u32;   // even, at most 256
override SCALE: f32;      // of the scores: 1 / sqrt(HEAD_DIM)
override WORKGROUP: u32;  // at least 128 and HEAD_DIM

@group(0) @binding(0) var<storage, read> q: array<f32>;       // [tokens, HEADS, HEAD_DIM]
@group(0) @binding(1) var<storage, read> k: array<u32>;       // [KV_HEADS, capacity, HEAD_DIM / 2] of 2 halves
@group(0) @binding(2) var<storage, read> v: array<u32>;       // [KV_HEADS, capacity, HEAD_DIM / 2] of 2 halves
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [tokens, HEADS, HEAD_DIM]

const TILE = 32u;          // queries, keys, and dimensions staged at a time
const Q_ROW = 9u;          // 8 blocks of 4 queries, and one of padding against bank conflicts
const K_ROW = 33u;         // 32 keys and one
const LOWEST = -1.0e30;

var<workgroup> q_tile: array<vec4<f32>, TILE * Q_ROW>;      // [dimension, 4 queries]
var<workgroup> k_tile: array<u32, TILE / 2u * K_ROW>;       // [pair of dimensions, key]
var<workgroup> weights: array<vec4<f32>, TILE * 8u>;        // [key, 4 queries]: scores, then their exponentials
var<workgroup> parts: array<f32, 4u * TILE>;                // [part of the keys, query]
var<workgroup> highest: array<f32, TILE>;                   // running maximum of each query
var<workgroup> total: array<f32, TILE>;                     // running sum
var<workgroup> shrink: array<f32, TILE>;                    // what earlier sums are multiplied by

fn stage(t: u32, head: u32, first_query: u32, keys: u32, first_key: u32, end_key: u32, pair0: u32) {
  for (var i = t; i < TILE * 8u; i += WORKGROUP) {
    let d = 2u * pair0 + i % TILE;
    var four = vec4<f32>();
    for (var j = 0u; j < 4u; j++) {
      let query = first_query + i / TILE * 4u + j;
      if (d < HEAD_DIM && query < chunk.tokens) {
        four[j] = q[(query * HEADS + head) * HEAD_DIM + d] * SCALE;
      }
    }
    q_tile[i % TILE * Q_ROW + i / TILE] = four;
  }
  for (var i = t; i < TILE / 2u * TILE; i += WORKGROUP) {
    let pair = pair0 + i % (TILE / 2u);
    let key = first_key + i / (TILE / 2u);
    var word = 0u;
    if (pair < HEAD_DIM / 2u && key < end_key) {
      word = k[keys + key * (HEAD_DIM / 2u) + pair];
    }
    k_tile[i % (TILE / 2u) * K_ROW + i / (TILE / 2u)] = word;
  }
}

fn value4(row: u32, column: u32) -> vec4<f32> {
  let at = row * (HEAD_DIM / 2u) + 2u * column;
  let low = unpack2x16float(v[at]);
  if (2u * column + 1u < HEAD_DIM / 2u) {
    return vec4<f32>(low, unpack2x16float(v[at + 1u]));
  }
  return vec4<f32>(low, 0.0, 0.0);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let head = group.x;
  let first_query = group.y * TILE;
  let kv_row = head / (HEADS / KV_HEADS) * chunk.capacity; // row of this head's first position
  let end_key = chunk.start + min(first_query + TILE, chunk.tokens);
  let columns = (HEAD_DIM + 3u) / 4u;
  let column = t % columns;
  let band = t / columns; // of 8 queries; four are at work
  let block = t % 8u;     // scores: 4 queries
  let couple = t / 8u;    // and 2 keys; 16 are at work
  if (t < TILE) {
    highest[t] = LOWEST;
    total[t] = 0.0;
  }
  var o0 = vec4<f32>();
  var o1 = vec4<f32>();
  var o2 = vec4<f32>();
  var o3 = vec4<f32>();
  var o4 = vec4<f32>();
  var o5 = vec4<f32>();
  var o6 = vec4<f32>();
  var o7 = vec4<f32>();
  for (var first_key = 0u; first_key < end_key; first_key += TILE) {
    var s0 = vec4<f32>();
    var s1 = vec4<f32>();
    for (var pair0 = 0u; pair0 < HEAD_DIM / 2u; pair0 += TILE / 2u) {
      stage(t, head, first_query, kv_row * (HEAD_DIM / 2u), first_key, end_key, pair0);
      workgroupBarrier();
      if (couple < 16u) {
        for (var pair = 0u; pair < min(TILE / 2u, HEAD_DIM / 2u - pair0); pair++) {
          let k0 = unpack2x16float(k_tile[pair * K_ROW + 2u * couple]);
          let k1 = unpack2x16float(k_tile[pair * K_ROW + 2u * couple + 1u]);
          let qx = q_tile[2u * pair * Q_ROW + block];
          let qy = q_tile[(2u * pair + 1u) * Q_ROW + block];
          s0 += qx * k0.x + qy * k0.y;
          s1 += qx * k1.x + qy * k1.y;
        }
      }
      workgroupBarrier();
    }
    if (couple < 16u) {
      let position = vec4<u32>(chunk.start + first_query + 4u * block) + vec4<u32>(0u, 1u, 2u, 3u);
      let key = first_key + 2u * couple;
      weights[2u * couple * 8u + block] = select(vec4(LOWEST), s0, vec4(key) <= position);
      weights[(2u * couple + 1u) * 8u + block] = select(vec4(LOWEST), s1, vec4(key + 1u) <= position);
    }
    workgroupBarrier();
    if (t < 4u * TILE) {
      var most = LOWEST;
      for (var i = 0u; i < 8u; i++) {
        most = max(most, weights[(t / TILE * 8u + i) * 8u + t % TILE / 4u][t % 4u]);
      }
      parts[t] = most;
    }
    workgroupBarrier();
    if (t < TILE) {
      let most = max(max(parts[t], parts[TILE + t]), max(parts[2u * TILE + t], parts[3u * TILE + t]));
      let next = max(highest[t], most);
      shrink[t] = exp(highest[t] - next);
      highest[t] = next;
    }
    workgroupBarrier();
    for (var i = t; i < TILE * 8u; i += WORKGROUP) {
      let at = i % 8u * 4u;
      let most = vec4(highest[at], highest[at + 1u], highest[at + 2u], highest[at + 3u]);
      let score = weights[i];
      weights[i] = select(exp(score - most), vec4<f32>(), score == vec4(LOWEST));
    }
    workgroupBarrier();
    if (t < 4u * TILE) {
      var sum = 0.0;
      for (var i = 0u; i < 8u; i++) {
        sum += weights[(t / TILE * 8u + i) * 8u + t % TILE / 4u][t % 4u];
      }
      parts[t] = sum;
    }
    if (band < 4u) {
      o0 *= shrink[band * 8u + 0u];
      o1 *= shrink[band * 8u + 1u];
      o2 *= shrink[band * 8u + 2u];
      o3 *= shrink[band * 8u + 3u];
      o4 *= shrink[band * 8u + 4u];
      o5 *= shrink[band * 8u + 5u];
      o6 *= shrink[band * 8u + 6u];
      o7 *= shrink[band * 8u + 7u];
      for (var i = 0u; i < min(TILE, end_key - first_key); i++) { // beyond lies what nobody wrote
        let value = value4(kv_row + first_key + i, column);
        let low = weights[i * 8u + band * 2u];
        let high = weights[i * 8u + band * 2u + 1u];
        o0 += low.x * value;
        o1 += low.y * value;
        o2 += low.z * value;
        o3 += low.w * value;
        o4 += high.x * value;
        o5 += high.y * value;
        o6 += high.z * value;
        o7 += high.w * value;
      }
    }
    workgroupBarrier();
    if (t < TILE) {
      total[t] = total[t] * shrink[t] + parts[t] + parts[TILE + t] + parts[2u * TILE + t] + parts[3u * TILE + t];
    }
  }
  workgroupBarrier();
  let first = first_query + band * 8u;
  if (band < 4u && first < chunk.tokens) {
    let sums = array(o0, o1, o2, o3, o4, o5, o6, o7);
    for (var i = 0u; i < min(8u, chunk.tokens - first); i++) {
      let row = sums[i] / total[band * 8u + i];
      let at = ((first + i) * HEADS + head) * HEAD_DIM + 4u * column;
      for (var j = 0u; j < min(4u, HEAD_DIM - 4u * column); j++) {
        y[at + j] = row[j];
      }
    }
  }
}
