// Inputs of another lane of the subgroup, for `math_int8`.
fn lent(v: Inputs, lane: u32) -> Inputs {
  return Inputs(
    subgroupShuffle(v.even, lane), subgroupShuffle(v.odd, lane),
    subgroupShuffle(v.scale, lane), subgroupShuffle(v.zero, lane),
  );
}
