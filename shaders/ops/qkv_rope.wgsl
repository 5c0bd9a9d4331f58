// q, k and v of one token: norm factor, projection, rotation of q and k, and k and v into the cache. Columns
// i, i + 1 and their rotation partners half a head further are finished together, so that the rotation needs no second
// pass and two neighbours fill one word of the cache. Dispatch: ROWS rows per workgroup.
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

// Four slots are columns i and i + 1 of a head and their rotation partners half a head further. `pair` counts
// columns of first halves over the heads of the slice.
fn row_of(at: Invocation, slot: u32) -> u32 {
  let half_dim = HEAD_DIM / 2u;
  let pair = (at.group.x * ROWS + slot) / FOUR * 2u + slot % 2u;
  let row = pair / half_dim * HEAD_DIM + pair % half_dim + select(0u, half_dim, slot % FOUR >= 2u);
  return min(row, slice.rows - 1u);
}
fn dot_odd(row: u32, group: u32, v: Inputs) -> f32 { return dot_a(row, group, v); }

@compute @workgroup_size(WG)
fn main(at: Invocation) {
  let first = at.group.x * ROWS;
  let end = min(ROWS, slice.rows - first);
  share_norm(at);
  multiply(at, end);
  workgroupBarrier();
  let factor = norm_factor(at);
  for (var slot = at.local * FOUR; slot < end; slot += WG * FOUR) {
    let pair = (first + slot) / 2u;
    let values = vec4(kept(slot), kept(slot + 1u), kept(slot + 2u), kept(slot + 3u)) * factor;
    store((slice.row_start + 2u * pair) / HEAD_DIM, pair % (HEAD_DIM / 2u), values);
  }
}
