/**
 * Keys and values in 8 bits against the float32 references: how far the logits move, and how long greedy answers
 * stay the same. An explicit mode with its own bar; what answers exactly is golden.gpu.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/test-gpu';
import { GREEDY } from './greedy';
import { createRunner } from './runner';
import { type FixtureName, fixturePackage, fixturePath, golden, relativeError } from './test-fixtures';

const FIXTURES: readonly FixtureName[] = ['tiny-aquila2-gqa-16k', 'tiny-ziya'];

/** L2 norm of the logits' difference over that of the logits. */
const LOGITS_BAR = 0.02;
/** Share of the answers' tokens that come before the first one that differs. */
const SAME_BAR = 0.5;

for (const fixture of FIXTURES)
  describe.skipIf(!fixturePath(fixture))(fixture, () => {
    it('stays near the reference', { timeout: 900_000 }, async () => {
      const model = await createRunner(await testGpu(), await fixturePackage(fixture, 'q4f16_1'), {
        engine: { int8Kv: true, speculation: 'off' },
      });
      const { cases, logits } = golden(fixture);
      const errors: number[] = [];
      for (const [index, { ids }] of cases.logits.entries()) {
        model.truncate(0);
        await model.prefill(ids);
        errors.push(relativeError(await model.readLogits(), logits(index)));
      }
      let same = 0;
      let all = 0;
      for (const { input_ids, q4f16_1 } of cases.greedy) {
        model.truncate(0);
        await model.prefill(input_ids);
        const found: number[] = [];
        const stopIds = new Set(cases.eos_ids);
        for await (const { id } of model.generate({ sampler: GREEDY, maxTokens: 60, stopIds }))
          if (!stopIds.has(id)) found.push(id);
        const expected = q4f16_1.output_ids;
        const first = expected.findIndex((id, i) => id !== found[i]);
        same += first < 0 ? expected.length : first;
        all += expected.length;
      }
      model.dispose();
      console.info(
        `${fixture} int8 cache: logits off by ${errors.map((e) => e.toExponential(1)).join(', ')}; ${same} of ${all} tokens the same`,
      );
      expect(Math.max(...errors)).toBeLessThan(LOGITS_BAR);
      expect(same / all).toBeGreaterThan(SAME_BAR);
    });
  });
