// Attention of one token over a share of the cached positions: online softmax over tiles of TILE positions. One
// workgroup serves up to QUERIES query heads of one KV head, so that they share every read of k and v.
// Dispatch: [splits, KV_HEADS * ceil(HEADS / KV_HEADS / QUERIES)]. With one split the result is final.
override QUERIES: u32;     // query heads per workgroup, at most 8
override TILE: u32 = 256;  // positions per step
const WG = 64u;
const FOLD = 8u; // QUERIES is WG / FOLD at most

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;              // [HEADS, HEAD_DIM / 4]
@group(0) @binding(1) var<storage, read> k_cache: array<vec2<u32>>;        // [KV_HEADS, capacity, HEAD_DIM / 4] of 4 halves
@group(0) @binding(2) var<storage, read> v_cache: array<vec2<u32>>;        // [KV_HEADS, capacity, HEAD_DIM / 4] of 4 halves
@group(0) @binding(3) var<storage, read_write> output: array<vec4<f32>>;   // [HEADS, HEAD_DIM / 4], written with one split
@group(0) @binding(4) var<storage, read_write> shares: array<vec4<f32>>;  // [HEADS, MAX_SPLITS, HEAD_DIM / 4], not divided
@group(0) @binding(5) var<storage, read_write> extent: array<vec2<f32>>;   // [HEADS, MAX_SPLITS] of (max score, sum of exp)
@group(0) @binding(6) var<uniform> state: State;

const LOWEST = -3.0e38;
var<workgroup> queries: array<vec4<f32>, QUERIES * HEAD_DIM / 4u>;
var<workgroup> scores: array<f32, QUERIES * TILE>;
var<workgroup> tree: array<f32, QUERIES * WG>;
var<workgroup> gathered: array<vec4<f32>, WG>;
var<workgroup> gathered_sum: array<f32, WG>;

fn unpack4(word: vec2<u32>) -> vec4<f32> {
  return vec4(unpack2x16float(word.x), unpack2x16float(word.y));
}

// Scores of the tile's positions into `scores`, and what `tile_max` needs into `tree`.
fn score_tile(row: u32, count: u32, local: u32) {
  var largest: array<f32, 8>;
  for (var h = 0u; h < QUERIES; h++) { largest[h] = LOWEST; }
  for (var i = local; i < count; i += WG) {
    var sums = array<f32, 8>();
    let at = (row + i) * (HEAD_DIM / 4u);
    for (var d = 0u; d < HEAD_DIM / 4u; d++) {
      let key = unpack4(k_cache[at + d]);
      for (var h = 0u; h < QUERIES; h++) { sums[h] += dot(key, queries[h * (HEAD_DIM / 4u) + d]); }
    }
    for (var h = 0u; h < QUERIES; h++) {
      scores[h * TILE + i] = sums[h];
      largest[h] = max(largest[h], sums[h]);
    }
  }
  for (var h = 0u; h < QUERIES; h++) { tree[h * WG + local] = largest[h]; }
  workgroupBarrier();
  // First of two folds by eight; `tile_max` is the second.
  let head = local / FOLD;
  if (head < QUERIES) {
    var best = LOWEST;
    for (var i = local % FOLD; i < WG; i += FOLD) { best = max(best, tree[head * WG + i]); }
    tree[head * WG + local % FOLD] = best;
  }
  workgroupBarrier();
}

// Largest score of the tile for one head, after score_tile.
fn tile_max(head: u32) -> f32 {
  var best = LOWEST;
  for (var i = 0u; i < FOLD; i++) { best = max(best, tree[head * WG + i]); }
  return best;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let quads = HEAD_DIM / 4u;
  let positions = state.position + 1u;
  let splits = split_count(positions);
  let per_split = (positions + splits - 1u) / splits;
  let begin = min(positions, group.x * per_split);
  let end = min(positions, begin + per_split);

  let queries_per_kv = HEADS / KV_HEADS;
  let blocks = (queries_per_kv + QUERIES - 1u) / QUERIES;
  let kv_head = group.y / blocks;
  let first = (group.y % blocks) * QUERIES; // query head within its KV head
  let here = min(QUERIES, queries_per_kv - first);
  let head = kv_head * queries_per_kv + first;
  let capacity = arrayLength(&k_cache) / (KV_HEADS * quads);
  let cache_row = kv_head * capacity;

  let to_score = inverseSqrt(f32(HEAD_DIM));
  for (var i = local; i < QUERIES * quads; i += WG) {
    // Spare heads of the last block repeat a real one and are not written.
    queries[i] = q[(head + min(i / quads, here - 1u)) * quads + i % quads] * to_score;
  }
  workgroupBarrier();

  // Value pass: an invocation owns four dimensions and every `strides`-th position.
  let strides = WG / quads;
  let quad = local % quads;
  let stride = local / quads;
  var highest: array<f32, 8>;
  var sum: array<f32, 8>;
  var mixed: array<vec4<f32>, 8>;
  for (var h = 0u; h < QUERIES; h++) { highest[h] = LOWEST; }
  for (var tile = begin; tile < end; tile += TILE) {
    let count = min(TILE, end - tile);
    score_tile(cache_row + tile, count, local);
    for (var h = 0u; h < QUERIES; h++) {
      let now = max(highest[h], tile_max(h));
      let shrink = exp(highest[h] - now);
      sum[h] *= shrink;
      mixed[h] *= shrink;
      highest[h] = now;
    }
    if (stride < strides) {
      for (var i = stride; i < count; i += strides) {
        let value = unpack4(v_cache[(cache_row + tile + i) * quads + quad]);
        for (var h = 0u; h < QUERIES; h++) {
          let weight = exp(scores[h * TILE + i] - highest[h]);
          sum[h] += weight;
          mixed[h] += weight * value;
        }
      }
    }
    workgroupBarrier();
  }

  for (var h = 0u; h < QUERIES; h++) {
    gathered[local] = mixed[h];
    gathered_sum[local] = sum[h];
    workgroupBarrier();
    if (local < quads && h < here) {
      var total = vec4<f32>();
      var weight = 0.0;
      for (var s = 0u; s < strides; s++) {
        total += gathered[s * quads + local];
        weight += gathered_sum[s * quads + local];
      }
      if (splits == 1u) {
        output[(head + h) * quads + local] = total / weight;
      } else {
        let at = (head + h) * MAX_SPLITS + group.x;
        shares[at * quads + local] = total;
        if (local == 0u) { extent[at] = vec2(highest[h], weight); }
      }
    }
    workgroupBarrier();
  }
}
