// Lanes of the GEMM for processors: subgroups of eight, whose quads of x are one scale group.
enable subgroups;
// A workgroup is one subgroup, so what is uniform for the one is uniform for the other.
diagnostic(off, subgroup_uniformity);

const LANES = 8u;

// Adds what the quads of x in the lanes give, the first of which is number `quad` of the row. A loop with a bound that
// the compiler does not know: half the time to compile.
fn add_quads(sums: PerToken, held: PerToken, rows: vec4<u32>, quad: u32) -> PerToken {
  var p = sums;
  for (var j = 0u; j < product.bound; j += 2u) {
    let w = block8(rows, (quad + j) / 2u);
    p.t0 += w.low * subgroupShuffle(held.t0, j) + w.high * subgroupShuffle(held.t0, j + 1u);
    p.t1 += w.low * subgroupShuffle(held.t1, j) + w.high * subgroupShuffle(held.t1, j + 1u);
    p.t2 += w.low * subgroupShuffle(held.t2, j) + w.high * subgroupShuffle(held.t2, j + 1u);
    p.t3 += w.low * subgroupShuffle(held.t3, j) + w.high * subgroupShuffle(held.t3, j + 1u);
    p.t4 += w.low * subgroupShuffle(held.t4, j) + w.high * subgroupShuffle(held.t4, j + 1u);
    p.t5 += w.low * subgroupShuffle(held.t5, j) + w.high * subgroupShuffle(held.t5, j + 1u);
    p.t6 += w.low * subgroupShuffle(held.t6, j) + w.high * subgroupShuffle(held.t6, j + 1u);
    p.t7 += w.low * subgroupShuffle(held.t7, j) + w.high * subgroupShuffle(held.t7, j + 1u);
  }
  return p;
}
