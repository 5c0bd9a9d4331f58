/** The tuner on a real adapter, forced, and that what it may choose computes the same. */
import { expect, it } from 'vitest';
import { AppError } from '../core/errors';
import { NEEDED_BINDING_BYTES } from '../gpu/device';
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

/** A tuner on any adapter, quickly, and what it keeps. */
function forcedTuner() {
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
  return { records, tuner };
}

const model = randomPackage({ ...TEST_ARCHITECTURE, layers: 2, quantization: 'q4f16_1', contextLength: 64 });

it('chooses once per adapter and shape; any choice gives the same logits, also one that does not compile', {
  timeout: 300_000,
}, async () => {
  const gpu = await testGpu();
  const { records, tuner } = forcedTuner();
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
  // Stored by another driver, for all this one knows: no kernel has such a constant.
  const strange = { ...TREE, teamConstants: { ...TREE.teamConstants, NOWHERE: 1 } };
  records.set(key, {
    tries: 0,
    choice: {
      gemv: { qkv: strange, output: TREE, gateUp: TREE, down: strange, head: TREE },
      residualRows: 8,
    },
  });
  const refuted = await logitsOf({ tuner });
  expect(records.get(key)).toEqual({ tries: 1 });
  const scale = Math.max(...plain.logits.map(Math.abs));
  for (const { logits } of [first, second, other, refuted]) {
    const worst = Math.max(...logits.map((value, i) => Math.abs(value - plain.logits[i]!)));
    expect(worst / scale).toBeLessThan(2e-3);
  }
});

it('counts a try during which the device is lost, and none that the user breaks off', async () => {
  const { records, tuner } = forcedTuner();
  const only = () => [...records.values()];
  const stop = new AbortController();
  const abort = (phase: string) => {
    if (phase === 'tune') stop.abort();
  };
  const gpu = await testGpu();
  const broken = createRunner(gpu, model, { tuner, signal: stop.signal, onPhase: abort });
  await expect(broken).rejects.toMatchObject({ code: 'aborted' });
  expect(only()).toEqual([{ tries: 0 }]);
  const unreadable = { ...model, readTensor: () => Promise.reject(new AppError('file-truncated')) };
  await expect(createRunner(gpu, unreadable, { tuner })).rejects.toMatchObject({ code: 'file-truncated' });
  expect(only()).toEqual([{ tries: 0 }]);

  // A device of its own.
  const doomed = await testGpu({ maxBindingBytes: NEEDED_BINDING_BYTES });
  const lose = (phase: string) => {
    if (phase === 'tune') doomed.device.destroy();
  };
  records.clear();
  const lost = createRunner(doomed, model, { tuner, onPhase: lose });
  await expect(lost).rejects.toMatchObject({ code: 'device-lost' });
  expect(only()).toEqual([{ tries: 1 }]);
});

it('chooses for a cache of 8-bit integers too', async () => {
  const { records, tuner } = forcedTuner();
  (await createRunner(await testGpu(), model, { tuner, engine: { int8Kv: true } })).dispose();
  expect([...records.values()]).toMatchObject([{ tries: 0, choice: { gemv: {} } }]);
});
