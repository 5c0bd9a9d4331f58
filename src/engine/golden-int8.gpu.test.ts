/**
 * Activations as 8-bit integers against the float32 references. Tokens are fed one by one, since only the kernels of
 * a single token work on integers. Greedy answers may differ from the reference where two tokens are close, so they
 * are counted, not asserted.
 */
import { expect, it } from 'vitest';
import { testGpu } from '../gpu/test-gpu';
import { GREEDY } from './greedy';
import type { ModelRunner } from './model-runner';
import { createRunner } from './runner';
import { type FixtureName, fixturePackage, fixturePath, golden, relativeError } from './test-fixtures';

/**
 * Every product rounds its input to 1/254 of the largest of 32 values: an error of about 0.6 % of the product's root
 * mean square. Those of the fixture's layers and its head add up to 0.7 % for one token and 2 % for 40.
 */
const BAR = 3e-2;
/** Enough tokens to see errors build up in the cache, few enough to be fed one at a time. */
const MOST_TOKENS = 48;

const FIXTURE_USED: FixtureName = 'tiny-aquila2-gqa-16k';

it.skipIf(!fixturePath(FIXTURE_USED))(
  '8-bit activations: logits near the reference',
  {
    timeout: 900_000,
  },
  async () => {
    const { cases, logits } = golden(FIXTURE_USED);
    const model = await createRunner(await testGpu(), await fixturePackage(FIXTURE_USED, 'q4f16_1'), {
      engine: { int8Activations: true },
    });
    try {
      for (const [index, { ids }] of cases.logits.entries()) {
        if (ids.length > MOST_TOKENS) continue;
        model.truncate(0);
        for (const id of ids) await model.prefill([id]);
        const error = relativeError(await model.readLogits(), logits(index));
        console.info(`${FIXTURE_USED}: ${ids.length} tokens, error ${error.toExponential(1)}`);
        expect(error, `${ids.length} tokens`).toBeLessThan(BAR);
        expect(error, 'integers were not used').toBeGreaterThan(1e-4);
      }
      let same = 0;
      let total = 0;
      for (const { input_ids, q4f16_1 } of cases.greedy) {
        const found = await greedy(model, input_ids, cases.eos_ids);
        const differs = q4f16_1.output_ids.findIndex((id, i) => id !== found[i]);
        same += differs < 0 ? q4f16_1.output_ids.length : differs;
        total += q4f16_1.output_ids.length;
      }
      console.info(`${FIXTURE_USED}: ${same} of ${total} greedy tokens before an answer first differs`);
      expect(same).toBeGreaterThan(total / 2);
    } finally {
      model.dispose();
    }
  },
);

async function greedy(
  model: ModelRunner,
  ids: readonly number[],
  eosIds: readonly number[],
): Promise<number[]> {
  model.truncate(0);
  await model.prefill(ids);
  const found: number[] = [];
  const stopIds = new Set(eosIds);
  for await (const { id } of model.generate({ sampler: GREEDY, maxTokens: 60, stopIds })) {
    if (!stopIds.has(id)) found.push(id);
  }
  return found;
}
