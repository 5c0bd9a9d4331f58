import { beforeAll, describe, expect, it, vi } from 'vitest';
import { AppError } from '../core/errors';
import type { Gpu } from '../gpu/device';
import { decodeTuning, GEMV_KINDS } from '../kernels/decode-tuning';
import { TEST_ARCHITECTURE } from '../models/test-package';
import type { GpuMemory } from './gpu-memory';
import { Tuner, type TunerOptions, type TuningRecord } from './tuner';

const FEATURES = { f16: false, subgroups: true, subgroupMinSize: 32, subgroupMaxSize: 32, timestamps: false };
const adapter = (vendor: string, isSoftware = false) =>
  ({
    features: FEATURES,
    isSoftware,
    maxBindingBytes: 128 << 20,
    // No further: whatever is measured on it fails.
    device: { adapterInfo: { vendor, architecture: 'a', device: 'd', description: '' } },
  }) as unknown as Gpu;
const GPU = adapter('one');
const { gemv, residualRows } = decodeTuning(GPU);
const CHOICE = { gemv, residualRows };
/** For `prepare`, of candidates that there are none of. */
const NO_TRIALS = [
  { gpu: GPU, architecture: TEST_ARCHITECTURE, weights: { head: { format: 'q4f16' } }, tuning: { gemv } },
  { createMany: async (make: (create: () => object) => unknown) => make(() => ({})) },
] as unknown as Parameters<Tuner['prepare']>;

const kinds = (tuning: object) => Object.fromEntries(GEMV_KINDS.map((kind) => [kind, tuning]));

function kept() {
  const records = new Map<string, unknown>();
  const options: TunerOptions = {
    environment: 'test',
    candidates: () => [],
    store: {
      read: async (key) => records.get(key),
      write: async (key, record: TuningRecord) => void records.set(key, structuredClone(record)),
    },
  };
  const open = (more: Partial<TunerOptions> = {}, gpu = GPU, math = 'f32') =>
    Tuner.open(gpu, TEST_ARCHITECTURE, math, { ...options, ...more });
  /** Tries, and fails on this device. */
  const fail = async (signal = new AbortController().signal) => {
    const tuner = await open();
    await tuner?.prepare(...NO_TRIALS);
    return tuner?.choose(GPU, [], signal);
  };
  const only = () => [...records.keys()][0]!;
  return { records, options, open, fail, only };
}

beforeAll(() => {
  vi.stubGlobal('GPUBufferUsage', { STORAGE: 0 });
});

describe('the tuner', () => {
  it('is not asked for, and not on a processor unless forced', async () => {
    const { open } = kept();
    expect(await Tuner.open(GPU, TEST_ARCHITECTURE, 'f32', undefined)).toBeUndefined();
    const software = adapter('one', true);
    expect(await open({}, software)).toBeUndefined();
    expect(await open({ isForced: true }, software)).toBeDefined();
  });

  it('knows what was found, for this adapter, environment and math only', async () => {
    const { open, fail, only, records } = kept();
    await fail();
    records.set(only(), { tries: 0, choice: CHOICE });
    expect((await open())?.known).toEqual(CHOICE);
    expect((await open({}, adapter('two')))?.known).toBeUndefined();
    expect((await open({ environment: 'newer' }))?.known).toBeUndefined();
    expect((await open({}, GPU, 'int8'))?.known).toBeUndefined();
  });

  it('gives up after two tries that came to no end, but not after one that the user broke off', async () => {
    const { open, fail } = kept();
    const stop = new AbortController();
    stop.abort();
    for (let i = 0; i < 3; i++) expect(await fail(stop.signal)).toBeUndefined();
    expect(await open()).toBeDefined();
    expect(await fail()).toBeUndefined();
    expect(await open()).toBeDefined();
    expect(await fail()).toBeUndefined();
    expect(await open()).toBeUndefined();
  });

  it('counts a try from before anything is compiled, and not one that the load ended for another reason', async () => {
    const { open, only, records } = kept();
    const seen: unknown[] = [];
    const tuner = await open({
      candidates: () => {
        seen.push(records.get(only()));
        return [];
      },
    });
    await tuner!.prepare(...NO_TRIALS);
    expect(seen[0]).toEqual({ tries: 1 });
    await tuner!.takeBack();
    expect(records.get(only())).toEqual({ tries: 0 });

    const full = {
      createMany: () => Promise.reject(new AppError('out-of-gpu-memory')),
    } as unknown as GpuMemory;
    expect(await tuner!.prepare(NO_TRIALS[0], full)).toEqual([]);
    expect(records.get(only())).toEqual({ tries: 0 });
  });

  it('counts a try that failed also when the load fails later', async () => {
    const { open, only, records } = kept();
    const tuner = await open();
    await tuner!.prepare(...NO_TRIALS);
    await tuner!.takeBack();
    await tuner!.choose(GPU, [], new AbortController().signal);
    await tuner!.takeBack();
    expect(records.get(only())).toEqual({ tries: 1 });
  });

  it('forgets a choice that cannot be used, and gives up when that happens twice', async () => {
    const { open, fail, only, records } = kept();
    await fail();
    for (const tries of [1, 2]) {
      records.set(only(), { tries: tries - 1, choice: CHOICE });
      const tuner = await open();
      expect(tuner?.known).toEqual(CHOICE);
      await tuner!.refute();
      expect(records.get(only())).toEqual({ tries });
    }
    expect(await open()).toBeUndefined();
  });

  it('measures again where the store holds something else, and does without a store that fails', async () => {
    const { open, fail, only, records } = kept();
    await fail();
    const wrongRows = { ...CHOICE, residualRows: CHOICE.residualRows * 2 };
    for (const rubbish of [
      'old',
      { tries: 'many' },
      { tries: 0, choice: { gemv: {} } },
      { tries: 0, choice: wrongRows },
      { tries: 0, choice: { residualRows: -8, gemv: kinds({ ...gemv.qkv, rows: -8, rowsPerTeam: 8 }) } },
    ]) {
      records.set(only(), rubbish);
      expect((await open())?.known).toBeUndefined();
    }
    const broken = {
      read: () => Promise.reject(new Error('gone')),
      write: () => Promise.reject(new Error('full')),
    };
    const tuner = await open({ store: broken });
    expect(tuner).toBeDefined();
    expect(await tuner!.prepare(...NO_TRIALS)).toEqual([]);
    expect(await tuner!.choose(GPU, [], new AbortController().signal)).toBeUndefined();
  });
});
