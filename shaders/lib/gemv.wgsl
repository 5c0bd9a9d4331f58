// Matrix-vector product of a team: rows side by side share the reads of x. Behind a weights prelude and a team prelude.
override ROWS: u32 = 16; // rows per workgroup, a multiple of 4
override R: u32 = 4;     // rows per team at a time: 2 or 4

// Dot products of R consecutive rows with x, known to every lane; nothing is read when `is_mine` is false.
fn dot_rows(at: Invocation, rows: vec4<u32>, is_mine: bool) -> vec4<f32> {
  var sum = vec4<f32>();
  let end = select(0u, COLS / 32u, is_mine);
  for (var group = lane_of(at); group < end; group += lanes_of(at)) {
    let v = inputs(group);
    sum.x += dot_a(rows.x, group, v);
    sum.y += dot_a(rows.y, group, v);
    if (R > 2u) {
      sum.z += dot_a(rows.z, group, v);
      sum.w += dot_a(rows.w, group, v);
    }
  }
  return team_sum(at, sum);
}
