// Inputs of another lane of the subgroup, for the preludes whose inputs are quads of f32.
fn lent(v: Inputs, lane: u32) -> Inputs {
  return Inputs(
    subgroupShuffle(v.a, lane), subgroupShuffle(v.b, lane), subgroupShuffle(v.c, lane), subgroupShuffle(v.d, lane),
    subgroupShuffle(v.e, lane), subgroupShuffle(v.f, lane), subgroupShuffle(v.g, lane), subgroupShuffle(v.h, lane),
    subgroupShuffle(v.zero, lane),
  );
}
