/** The tuner on a real adapter, forced, and that what it may choose computes the same. */
import { expect, it } from 'vitest';
import { testGpu } from '../gpu/test-gpu';
import { decodeTuning, type GemvTuning } from '../kernels/decode-tuning';
import { TEST_ARCHITECTURE } from '../models/test-package';
import { createRunner } from './runner';
import { randomPackage } from './test-random-package';
import type { TunerOptions, TuningRecord } from './tuner';

const PROMPT = [5, 17, 99, 3, 250, 41];
const TREE: GemvTuning = {
  team: 'team_workgroup',
  teamConstants: { WG: 8, LANES: 8 },
  rows: 8,
  rowsPerTeam: 4,
  math: 'f32',
};
const model = randomPackage({ ...TEST_ARCHITECTURE, layers: 2, quantization: 'q4f16_1', contextLength: 64 });

it('chooses once per adapter and shape, and the choice gives the same logits', {
  timeout: 300_000,
}, async () => {
  const gpu = await testGpu();
  const records = new Map<string, TuningRecord>();
  const tuner: TunerOptions = {
    environment: 'test',
    isForced: true,
    candidates: (start) => [start, TREE],
    store: {
      read: async (key) => records.get(key),
      write: async (key, record) => void records.set(key, record),
    },
  };
  const logitsOf = async (options: { tuner?: TunerOptions }) => {
    const runner = await createRunner(gpu, model, options);
    try {
      // Few enough tokens that they go through the decode kernels.
      for (const id of PROMPT) await runner.prefill([id]);
      return { logits: await runner.readLogits(), load: runner.load };
    } finally {
      runner.dispose();
    }
  };
  const plain = await logitsOf({});
  expect(plain.load.tuneMs).toBe(0);
  const first = await logitsOf({ tuner });
  expect(first.load.tuneMs).toBeGreaterThan(0);
  const [key, record] = [...records][0]!;
  expect(records.size).toBe(1);
  expect(record).toMatchObject({ tries: 0, choice: { residualRows: record.choice!.gemv.down.rows } });
  const second = await logitsOf({ tuner });
  expect(second.load.tuneMs).toBe(0);

  // Another than the default, whatever was chosen here.
  expect(decodeTuning(gpu).gemv.qkv).not.toEqual(TREE);
  records.set(key, {
    tries: 0,
    choice: { gemv: { qkv: TREE, output: TREE, gateUp: TREE, down: TREE, head: TREE }, residualRows: 8 },
  });
  const other = await logitsOf({ tuner });
  expect(other.load.tuneMs).toBe(0);
  const scale = Math.max(...plain.logits.map(Math.abs));
  for (const { logits } of [first, second, other]) {
    const worst = Math.max(...logits.map((value, i) => Math.abs(value - plain.logits[i]!)));
    expect(worst / scale).toBeLessThan(2e-3);
  }
});
