// Attention of one token, or of a few (columns) that see one position more each, over a share of the cached positions:
// online softmax over tiles of TILE positions. A workgroup serves up to QUERIES rows, pairs of a column and a query head
// of one KV head, so that they share every read of k and v.
// Dispatch: [splits, KV_HEADS * ceil(columns * HEADS / KV_HEADS / QUERIES)]. With one split the result is final.
override QUERIES: u32;     // rows per workgroup, at most 8
override WG: u32 = 64;     // invocations: a multiple of 8, at least HEAD_DIM / 4
override TILE: u32 = 256;  // positions per step
override SCORES: u32;      // max(QUERIES * TILE, 4 WG)
override GATHER: u32;      // rows whose [WG, 4] sums of values fit `scores` together
override ROLLED: bool = false; // keep loops over rows from being unrolled: for adapters that compile as programs

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;              // [columns, HEADS, HEAD_DIM / 4]
@group(0) @binding(3) var<storage, read_write> output: array<vec4<f32>>;   // [columns, HEADS, HEAD_DIM / 4], written with one split
@group(0) @binding(4) var<storage, read_write> shares: array<vec4<f32>>;   // [columns, HEADS, MAX_SPLITS, HEAD_DIM / 4], not divided
@group(0) @binding(5) var<storage, read_write> extent: array<vec2<f32>>;   // [columns, HEADS, MAX_SPLITS] of (max score, sum of exp)

const LOWEST = -3.0e38; // the score of a position that a row does not see
const FOLD = 8u;        // values one invocation folds
var<workgroup> queries: array<vec4<f32>, QUERIES * HEAD_DIM / 4u>;
var<workgroup> scores: array<f32, SCORES>; // [QUERIES, TILE]: scores, then weights; at the end [GATHER, WG, 4] sums of values
var<workgroup> tree: array<f32, QUERIES * WG>; // [QUERIES, WG]: of each invocation; folded: WG / FOLD per row

// Positions that a row of the workgroup sees.
fn limit_of(block: u32, h: u32) -> u32 {
  return first_position() + 1u + (block * QUERIES + h) / (HEADS / KV_HEADS);
}

// Column and head of a row as a row of q: column * HEADS + head.
fn place_of(kv_head: u32, row: u32) -> u32 {
  let queries_per_kv = HEADS / KV_HEADS;
  return row / queries_per_kv * HEADS + kv_head * queries_per_kv + row % queries_per_kv;
}

// Scores of the tile's positions into `scores`, and the largest of each invocation into `tree`.
fn score_tile(first_row: u32, tile: u32, count: u32, block: u32, local: u32, quads: u32, bound: u32) {
  var largest: array<f32, 8>;
  for (var h = 0u; h < bound; h++) { largest[h] = LOWEST; }
  for (var i = local; i < count; i += WG) {
    var sums = array<f32, 8>();
    let at = (first_row + tile + i) * quads;
    for (var d = 0u; d < quads; d++) {
      let key = key4(at + d);
      for (var h = 0u; h < bound; h++) { sums[h] += dot(key, queries[h * (HEAD_DIM / 4u) + d]); }
    }
    let scale = key_scale(first_row + tile + i);
    for (var h = 0u; h < bound; h++) {
      let score = select(LOWEST, sums[h] * scale, tile + i < limit_of(block, h));
      scores[h * TILE + i] = score;
      largest[h] = max(largest[h], score);
    }
  }
  for (var h = 0u; h < bound; h++) { tree[h * WG + local] = largest[h]; }
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  // A bound that no compiler knows keeps it from unrolling a loop.
  let bound = select(QUERIES, min(QUERIES, arrayLength(&q)), ROLLED);
  let quads = min(HEAD_DIM / 4u, arrayLength(&q));
  let lanes = min(WG / FOLD, arrayLength(&q));
  let positions = first_position() + column_count();
  let splits = split_count(positions);
  let per_split = (positions + splits - 1u) / splits;
  let begin = min(positions, group.x * per_split);
  let end = min(positions, begin + per_split);

  let rows = HEADS / KV_HEADS * column_count();
  let blocks = (rows + QUERIES - 1u) / QUERIES;
  let kv_head = group.y / blocks;
  let block = group.y % blocks;
  let here = min(QUERIES, rows - block * QUERIES);
  let first_row = kv_head * kv_capacity();

  let to_score = inverseSqrt(f32(HEAD_DIM));
  for (var i = local; i < QUERIES * quads; i += WG) {
    // Spare rows of the last block repeat a real one and are not written.
    let row = block * QUERIES + min(i / quads, here - 1u);
    queries[i] = q[place_of(kv_head, row) * quads + i % quads] * to_score;
  }
  workgroupBarrier();

  // Value pass: an invocation owns four dimensions and every `strides`-th position.
  let strides = WG / quads;
  let quad = local % quads;
  let stride = local / quads;
  let folder = local / lanes; // the row that this invocation helps to fold
  var highest: array<f32, 8>;
  var sum: array<f32, 8>;
  var mixed: array<vec4<f32>, 8>;
  for (var h = 0u; h < bound; h++) { highest[h] = LOWEST; }
  for (var tile = begin; tile < end; tile += TILE) {
    let count = min(TILE, end - tile);
    score_tile(first_row, tile, count, block, local, quads, bound);
    workgroupBarrier();
    if (folder < QUERIES) {
      var best = LOWEST;
      for (var i = local % lanes; i < WG; i += lanes) { best = max(best, tree[folder * WG + i]); }
      tree[folder * WG + local % lanes] = best;
    }
    workgroupBarrier();
    for (var h = 0u; h < bound; h++) {
      var now = highest[h];
      for (var i = 0u; i < lanes; i++) { now = max(now, tree[h * WG + i]); }
      let shrink = exp(highest[h] - now);
      sum[h] *= shrink;
      mixed[h] *= shrink;
      highest[h] = now;
    }
    for (var i = local; i < count; i += WG) {
      let scale = value_scale(first_row + tile + i);
      for (var h = 0u; h < bound; h++) {
        let score = scores[h * TILE + i];
        let weight = select(exp(score - highest[h]), 0.0, score == LOWEST);
        sum[h] += weight;
        scores[h * TILE + i] = weight * scale;
      }
    }
    workgroupBarrier();
    if (stride < strides) {
      for (var i = stride; i < count; i += strides) {
        let value = value4((first_row + tile + i) * quads + quad);
        for (var h = 0u; h < bound; h++) { mixed[h] += scores[h * TILE + i] * value; }
      }
    }
    workgroupBarrier();
  }

  for (var h = 0u; h < bound; h++) { tree[h * WG + local] = sum[h]; }
  workgroupBarrier();
  if (folder < QUERIES) {
    var total = 0.0;
    for (var i = local % lanes; i < WG; i += lanes) { total += tree[folder * WG + i]; }
    tree[folder * WG + local % lanes] = total;
  }
  for (var first = 0u; first < QUERIES; first += GATHER) {
    for (var h = 0u; h < GATHER; h++) {
      if (first + h < QUERIES) {
        let at = (h * WG + local) * 4u;
        scores[at] = mixed[first + h].x;
        scores[at + 1u] = mixed[first + h].y;
        scores[at + 2u] = mixed[first + h].z;
        scores[at + 3u] = mixed[first + h].w;
      }
    }
    workgroupBarrier();
    for (var i = local; i < min(GATHER, here - min(here, first)) * quads; i += WG) {
      var total = vec4<f32>();
      for (var s = 0u; s < strides; s++) {
        let at = (i / quads * WG + s * quads + i % quads) * 4u;
        total += vec4(scores[at], scores[at + 1u], scores[at + 2u], scores[at + 3u]);
      }
      let h = first + i / quads;
      var weight = 0.0;
      for (var j = 0u; j < lanes; j++) { weight += tree[h * WG + j]; }
      let place = place_of(kv_head, block * QUERIES + h);
      if (splits == 1u) {
        output[place * quads + i % quads] = total / weight;
      } else {
        let at = place * MAX_SPLITS + group.x;
        shares[at * quads + i % quads] = total;
        if (i % quads == 0u) { extent[at] = vec2(highest[h], weight); }
      }
    }
    workgroupBarrier();
  }
}
