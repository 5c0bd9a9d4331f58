// y[tokens, stride] = x[tokens, k] . W^T, or added to y (the residual), for adapters that are programs on a processor: there
// reading from an address of one's own costs as much as 30 multiplications, workgroup memory no less, and handing a
// register to the neighbours nothing. A workgroup is one subgroup and computes 8 tokens x 8 rows of W per lane, in two
// blocks of 4. Each lane reads the weights of its rows and one quad of x per token, which the others get from its
// registers.
// Weights are un-scaled: each scale group of 32 columns has partial sums p, which its scale adds to the accumulators a.
// Dispatch (tokens / 8, slice rows / (8 LANES)): workgroups that share weights run side by side.

@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>; // [tokens, k / 4]

const TOKENS = 8u;

// Named, since drivers keep an array in memory: a quad of x, or the sums of a lane's four rows.
struct PerToken {
  t0: vec4<f32>, t1: vec4<f32>, t2: vec4<f32>, t3: vec4<f32>,
  t4: vec4<f32>, t5: vec4<f32>, t6: vec4<f32>, t7: vec4<f32>,
}

// Two quads of columns of four rows; times a quad of x each gives what it adds to the rows.
struct Block8 {
  low: mat4x4<f32>,
  high: mat4x4<f32>,
}

fn block8(rows: vec4<u32>, eight: u32) -> Block8 {
  let r0 = weights8(rows.x, product.k, eight);
  let r1 = weights8(rows.y, product.k, eight);
  let r2 = weights8(rows.z, product.k, eight);
  let r3 = weights8(rows.w, product.k, eight);
  return Block8(transpose(mat4x4(r0[0], r1[0], r2[0], r3[0])), transpose(mat4x4(r0[1], r1[1], r2[1], r3[1])));
}

fn add_scaled(a: PerToken, p: PerToken, rows: vec4<u32>, group: u32) -> PerToken {
  let s = vec4(
    scale_of(rows.x, product.k, group), scale_of(rows.y, product.k, group),
    scale_of(rows.z, product.k, group), scale_of(rows.w, product.k, group),
  );
  return PerToken(
    a.t0 + p.t0 * s, a.t1 + p.t1 * s, a.t2 + p.t2 * s, a.t3 + p.t3 * s,
    a.t4 + p.t4 * s, a.t5 + p.t5 * s, a.t6 + p.t6 * s, a.t7 + p.t7 * s,
  );
}

fn store(token: u32, row: u32, a: PerToken) {
  let sums = array(a.t0, a.t1, a.t2, a.t3, a.t4, a.t5, a.t6, a.t7);
  for (var t = 0u; t < min(TOKENS, chunk.tokens - token); t++) {
    let at = (token + t) * product.stride + product.row_start + row;
    for (var i = 0u; i < min(4u, max(product.rows, row) - row); i++) {
      y[at + i] = sums[t][i] + select(0.0, y[at + i], product.is_added == 1u);
    }
  }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group_id: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let token = group_id.x * TOKENS;
  let row = (group_id.y * 2u * LANES + lane) * 4u;
  let row2 = row + LANES * 4u;
  // Rows and tokens beyond the last are computed like the last and not stored.
  let rows = min(vec4(row) + vec4(0u, 1u, 2u, 3u), vec4(product.rows - 1u));
  let rows2 = min(vec4(row2) + vec4(0u, 1u, 2u, 3u), vec4(product.rows - 1u));
  let first = min(vec4(token) + vec4(0u, 1u, 2u, 3u), vec4(chunk.tokens - 1u)) * (product.k / 4u) + lane;
  let second = min(vec4(token) + vec4(4u, 5u, 6u, 7u), vec4(chunk.tokens - 1u)) * (product.k / 4u) + lane;
  var a = PerToken();
  var a2 = PerToken();
  for (var group = 0u; group < product.k / 32u; group++) {
    var p = PerToken();
    var p2 = PerToken();
    for (var quad = group * 8u; quad < group * 8u + 8u; quad += LANES) {
      let held = PerToken(
        x[first.x + quad], x[first.y + quad], x[first.z + quad], x[first.w + quad],
        x[second.x + quad], x[second.y + quad], x[second.z + quad], x[second.w + quad],
      );
      p = add_quads(p, held, rows, quad);
      p2 = add_quads(p2, held, rows2, quad);
    }
    a = add_scaled(a, p, rows, group);
    a2 = add_scaled(a2, p2, rows2, group);
  }
  store(token, row, a);
  store(token, row2, a2);
}
