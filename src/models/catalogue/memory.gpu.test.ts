/** The estimate against the engine's own account of a loaded model. */
import { expect, test } from 'vitest';
import { createRunner } from '../../engine/runner';
import { randomPackage } from '../../engine/test-random-package';
import { testGpu } from '../../gpu/test-gpu';
import { attentionTuning } from '../../kernels/attention-tuning';
import type { Architecture } from '../architecture';
import { TEST_ARCHITECTURE } from '../test-package';
import { FIRST_CAPACITY, memoryNeeded } from './memory';

const CASES: readonly Architecture[] = [
  { ...TEST_ARCHITECTURE, layers: 2, quantization: 'q4f16_1', contextLength: 1300 },
  {
    ...TEST_ARCHITECTURE,
    layers: 2,
    hidden: 256,
    heads: 2,
    kvHeads: 1,
    headDim: 128,
    intermediate: 704,
    vocab: 9001,
    quantization: 'q0f32',
    contextLength: 300,
  },
];

test.each(CASES)('$quantization, hidden $hidden', { timeout: 120_000 }, async (architecture) => {
  const gpu = await testGpu();
  const { contextLength, quantization, vocab, kvHeads } = architecture;
  const { maxSplits } = attentionTuning(gpu, kvHeads);
  const runner = await createRunner(gpu, randomPackage(architecture));
  try {
    const estimate = memoryNeeded(architecture, quantization, contextLength, maxSplits);
    if (contextLength > FIRST_CAPACITY) {
      const atFirst = memoryNeeded(architecture, quantization, FIRST_CAPACITY);
      expect(runner.memory().kvBytes).toBe(atFirst.kvBytes);
      await runner.prefill(Array.from({ length: FIRST_CAPACITY + 1 }, (_, index) => index % vocab));
    }
    const { weightsBytes, kvBytes, scratchBytes } = runner.memory();
    expect(weightsBytes).toBe(estimate.weightsBytes);
    expect(kvBytes).toBe(estimate.kvBytes);
    // The partial sums of the norms depend on the adapter's subgroups; they are a few hundred bytes.
    expect(Math.abs(scratchBytes / estimate.scratchBytes - 1)).toBeLessThan(0.01);
  } finally {
    runner.dispose();
  }
});
