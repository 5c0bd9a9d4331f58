import { expect, it } from 'vitest';
import { PipelineCache } from '../gpu/pipeline-cache';
import { testGpu } from '../gpu/test-gpu';
import { DECODE_VARIANTS } from './variants';

it('compiles every listed variant of the decode kernels', async () => {
  for (const variant of DECODE_VARIANTS) {
    const gpu = await testGpu({ subgroups: variant.subgroups });
    if (variant.subgroups && !gpu.features.subgroups) {
      console.warn(`NOT RUN: ${variant.spec.op} with subgroups, the adapter has none`);
      continue;
    }
    if (variant.f16 && !gpu.features.f16) {
      console.warn(`NOT RUN: ${variant.spec.op} with halves, the adapter has none`);
      continue;
    }
    const pipeline = await new PipelineCache(gpu.device).get(variant.spec);
    expect(pipeline.label).toContain(variant.spec.op);
  }
});
