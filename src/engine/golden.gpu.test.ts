/**
 * The engine against float32 references: every greedy answer token by token, and logits at every length given, for
 * each fixture, quantisation and class of adapter (with and without subgroups, tensors cut into slices).
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { DeviceOptions } from '../gpu/device';
import { testGpu } from '../gpu/test-gpu';
import type { Quantization } from '../models/architecture';
import { GREEDY } from './greedy';
import type { ModelRunner } from './model-runner';
import { createRunner } from './runner';
import { type FixtureName, fixturePackage, fixturePath, golden, relativeError } from './test-fixtures';

interface Setup {
  readonly fixture: FixtureName;
  readonly quantization: Quantization;
  readonly device?: DeviceOptions;
  /** Answers once more, guessing ahead; only once per fixture, since its kernels take long to compile. */
  readonly withGuesses?: boolean;
}

const SETUPS: readonly Setup[] = [
  { fixture: 'tiny-aquila2-gqa-16k', quantization: 'q4f16_1', withGuesses: true },
  { fixture: 'tiny-aquilachat', quantization: 'q4f16_1', withGuesses: true },
  { fixture: 'tiny-ziya', quantization: 'q4f16_1', withGuesses: true },
  { fixture: 'tiny-aquila2-gqa-16k', quantization: 'q0f16' },
  { fixture: 'tiny-ziya', quantization: 'q0f32' },
  { fixture: 'tiny-aquilachat', quantization: 'q4f32_1' },
  { fixture: 'tiny-aquila2-gqa-16k', quantization: 'q4f16_1', device: { subgroups: false, f16: false } },
  { fixture: 'tiny-aquilachat', quantization: 'q4f16_1', device: { maxBindingBytes: 1 << 20 } },
];

/** Software adapters compile each pipeline for seconds before its first run. */
const TIMEOUT_MS = 900_000;

for (const { fixture, quantization, device = {}, withGuesses = false } of SETUPS) {
  const folder = fixturePath(fixture);
  describe.skipIf(!folder)(`${fixture} ${quantization} ${JSON.stringify(device)}`, () => {
    let made: Promise<ModelRunner> | undefined;
    const runner = () => {
      made ??= load();
      return made;
    };
    const guesses = withGuesses ? (['off', 'always'] as const) : (['off'] as const);
    const load = async () => createRunner(await testGpu(device), await fixturePackage(fixture, quantization));
    afterAll(async () => (await made)?.dispose());

    it('answers exactly as the reference', { timeout: TIMEOUT_MS }, async () => {
      const { cases } = golden(fixture);
      const model = await runner();
      const stopIds = new Set(cases.eos_ids);
      for (const speculation of guesses)
        for (const { input_ids, q4f16_1, unquantised } of cases.greedy) {
          const expected = quantization.startsWith('q4') ? q4f16_1 : unquantised;
          model.truncate(0);
          await model.prefill(input_ids);
          const found: number[] = [];
          const options = { sampler: GREEDY, maxTokens: 60, stopIds, speculation };
          for await (const { id } of model.generate(options)) if (!stopIds.has(id)) found.push(id);
          expect(found, `guessing ahead: ${speculation}`).toEqual(expected.output_ids);
        }
    });

    // The golden logits are those of the 4-bit weights, whose scales q4f32_1 keeps unrounded.
    if (quantization === 'q4f16_1')
      it('gives the logits of the reference', { timeout: TIMEOUT_MS }, async () => {
        const { cases, logits } = golden(fixture);
        const model = await runner();
        for (const [index, { ids }] of cases.logits.entries()) {
          model.truncate(0);
          await model.prefill(ids);
          const error = relativeError(await model.readLogits(), logits(index));
          console.info(
            `${fixture} ${JSON.stringify(device)}: ${ids.length} tokens, error ${error.toExponential(1)}`,
          );
          expect(error, `${ids.length} tokens`).toBeLessThan(1e-3);
        }
      });
  });
}
