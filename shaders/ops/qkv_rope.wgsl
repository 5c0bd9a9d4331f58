// q, k and v of one token: norm factor, projection, rotation of q and k, and k and v into the cache. A team's four rows
// are columns i, i + 1 and their rotation partners half a head further, so that the rotation happens in registers and
// two neighbours fill one word of the cache. Dispatch: ROWS rows per workgroup.
override HEADS: u32;    // query heads
override KV_HEADS: u32;
override HEAD_DIM: u32; // a multiple of 4
const FOUR = 4u;

@group(0) @binding(6) var<storage, read_write> q: array<f32>;       // [HEADS, HEAD_DIM]
@group(0) @binding(7) var<storage, read_write> k_cache: array<u32>; // [KV_HEADS, capacity, HEAD_DIM / 2] of 2 halves
@group(0) @binding(8) var<storage, read_write> v_cache: array<u32>; // [KV_HEADS, capacity, HEAD_DIM / 2] of 2 halves
@group(0) @binding(9) var<uniform> state: State;
@group(0) @binding(10) var<storage, read> rope: array<vec2<f32>>;   // [positions, HEAD_DIM / 2] of (cos, sin)

fn rotate(first: vec2<f32>, second: vec2<f32>, pair: u32) -> vec4<f32> {
  let at = state.position * (HEAD_DIM / 2u) + pair;
  let a = rope[at];
  let b = rope[at + 1u];
  let cosine = vec2(a.x, b.x);
  let sine = vec2(a.y, b.y);
  return vec4(first * cosine - second * sine, second * cosine + first * sine);
}

fn store(head: u32, pair: u32, values: vec4<f32>) {
  let half_dim = HEAD_DIM / 2u;
  if (head < HEADS) {
    let at = head * HEAD_DIM + pair;
    q[at] = values.x;
    q[at + 1u] = values.y;
    q[at + half_dim] = values.z;
    q[at + half_dim + 1u] = values.w;
    return;
  }
  let capacity = arrayLength(&k_cache) / (KV_HEADS * half_dim);
  let kv_head = (head - HEADS) % KV_HEADS;
  let at = (kv_head * capacity + state.position) * half_dim + pair / 2u;
  let low = pack2x16float(values.xy);
  let high = pack2x16float(values.zw);
  if (head < HEADS + KV_HEADS) {
    k_cache[at] = low;
    k_cache[at + half_dim / 2u] = high;
  } else {
    v_cache[at] = low;
    v_cache[at + half_dim / 2u] = high;
  }
}

@compute @workgroup_size(WG)
fn main(at: Invocation) {
  let factor = norm_factor(at);
  let half_dim = HEAD_DIM / 2u;
  for (var block = 0u; block < ROWS / FOUR; block += teams_of(at)) {
    let mine = block + team_of(at);
    let first_pair = (at.group.x * ROWS + mine * FOUR) / 2u; // counted over the heads of the slice
    let local_head = first_pair / half_dim;
    let pair = first_pair % half_dim;
    let row = local_head * HEAD_DIM + pair;
    let is_mine = mine < ROWS / FOUR && row < slice.rows;
    let sums = dot_rows(at, vec4(row, row + 1u, row + half_dim, row + half_dim + 1u), is_mine) * factor;
    if (is_mine && lane_of(at) == 0u) {
      let head = slice.row_start / HEAD_DIM + local_head;
      if (head < HEADS + KV_HEADS) {
        store(head, pair, rotate(sums.xy, sums.zw, pair));
      } else {
        store(head, pair, sums);
      }
    }
  }
}
