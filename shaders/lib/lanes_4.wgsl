// Lanes of the GEMM for processors: subgroups of four, whose quads of x are half a scale group.
enable subgroups;
// A workgroup is one subgroup, so what is uniform for the one is uniform for the other.
diagnostic(off, subgroup_uniformity);

const LANES = 4u;

// Adds what the quads of x in the lanes give, the first of which is number `quad` of the row. Written out: SwiftShader
// passes every variable of a loop through memory, and broadcasts from a constant lane in one instruction.
fn add_quads(sums: PerToken, held: PerToken, rows: vec4<u32>, quad: u32) -> PerToken {
  var p = sums;
  let w0 = block8(rows, quad / 2u);
  p.t0 += w0.low * quadBroadcast(held.t0, 0u) + w0.high * quadBroadcast(held.t0, 1u);
  p.t1 += w0.low * quadBroadcast(held.t1, 0u) + w0.high * quadBroadcast(held.t1, 1u);
  p.t2 += w0.low * quadBroadcast(held.t2, 0u) + w0.high * quadBroadcast(held.t2, 1u);
  p.t3 += w0.low * quadBroadcast(held.t3, 0u) + w0.high * quadBroadcast(held.t3, 1u);
  p.t4 += w0.low * quadBroadcast(held.t4, 0u) + w0.high * quadBroadcast(held.t4, 1u);
  p.t5 += w0.low * quadBroadcast(held.t5, 0u) + w0.high * quadBroadcast(held.t5, 1u);
  p.t6 += w0.low * quadBroadcast(held.t6, 0u) + w0.high * quadBroadcast(held.t6, 1u);
  p.t7 += w0.low * quadBroadcast(held.t7, 0u) + w0.high * quadBroadcast(held.t7, 1u);
  let w1 = block8(rows, quad / 2u + 1u);
  p.t0 += w1.low * quadBroadcast(held.t0, 2u) + w1.high * quadBroadcast(held.t0, 3u);
  p.t1 += w1.low * quadBroadcast(held.t1, 2u) + w1.high * quadBroadcast(held.t1, 3u);
  p.t2 += w1.low * quadBroadcast(held.t2, 2u) + w1.high * quadBroadcast(held.t2, 3u);
  p.t3 += w1.low * quadBroadcast(held.t3, 2u) + w1.high * quadBroadcast(held.t3, 3u);
  p.t4 += w1.low * quadBroadcast(held.t4, 2u) + w1.high * quadBroadcast(held.t4, 3u);
  p.t5 += w1.low * quadBroadcast(held.t5, 2u) + w1.high * quadBroadcast(held.t5, 3u);
  p.t6 += w1.low * quadBroadcast(held.t6, 2u) + w1.high * quadBroadcast(held.t6, 3u);
  p.t7 += w1.low * quadBroadcast(held.t7, 2u) + w1.high * quadBroadcast(held.t7, 3u);
  return p;
}
