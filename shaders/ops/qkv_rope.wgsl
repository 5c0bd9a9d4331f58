// q, k and v of one token: norm factor, projection, rotation of q and k, and k and v into the cache. A team's four rows
// are columns i, i + 1 and their rotation partners half a head further, so that the rotation happens in registers and
// two neighbours fill one word of the cache. Dispatch: ROWS rows per workgroup.
override HEADS: u32;    // query heads
override KV_HEADS: u32;
override HEAD_DIM: u32; // a multiple of 4
const FOUR = 4u;

@group(0) @binding(6) var<storage, read_write> q: array<f32>;       // [HEADS, HEAD_DIM]
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

fn store_q(head: u32, pair: u32, values: vec4<f32>) {
  let at = head * HEAD_DIM + pair;
  q[at] = values.x;
  q[at + 1u] = values.y;
  q[at + HEAD_DIM / 2u] = values.z;
  q[at + HEAD_DIM / 2u + 1u] = values.w;
}

// The heads are q's, then k's, then v's; the values of one have not been rotated yet.
fn store(head: u32, pair: u32, values: vec4<f32>) {
  if (head < HEADS) {
    store_q(head, pair, rotate(values.xy, values.zw, pair));
  } else if (head < HEADS + KV_HEADS) {
    store_kv(head - HEADS, false, state.position, pair, rotate(values.xy, values.zw, pair));
  } else {
    store_kv(head - HEADS - KV_HEADS, true, state.position, pair, values);
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
    if (is_mine && lane_of(at) == 0u) { store(slice.row_start / HEAD_DIM + local_head, pair, sums); }
  }
}
