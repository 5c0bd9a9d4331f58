import { describe, expect, it } from 'vitest';
import type { Gpu } from '../gpu/device';
import { decodeTuning } from '../kernels/decode-tuning';
import { TEST_ARCHITECTURE } from '../models/test-package';
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

function kept() {
  const records = new Map<string, unknown>();
  const options: TunerOptions = {
    environment: 'test',
    store: {
      read: async (key) => records.get(key),
      write: async (key, record: TuningRecord) => void records.set(key, structuredClone(record)),
    },
  };
  const open = (more: Partial<TunerOptions> = {}, gpu = GPU, math = 'f32') =>
    Tuner.open(gpu, TEST_ARCHITECTURE, math, { ...options, ...more });
  /** Tries, and fails on this device. */
  const fail = async (signal = new AbortController().signal) => (await open())?.choose(GPU, [], signal);
  const only = () => [...records.keys()][0]!;
  return { records, options, open, fail, only };
}

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

  it('measures again where the store holds something else, and does without a store that fails', async () => {
    const { open, fail, only, records } = kept();
    await fail();
    const wrongRows = { ...CHOICE, residualRows: CHOICE.residualRows * 2 };
    for (const rubbish of [
      'old',
      { tries: 'many' },
      { tries: 0, choice: { gemv: {} } },
      { tries: 0, choice: wrongRows },
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
    expect(await tuner!.choose(GPU, [], new AbortController().signal)).toBeUndefined();
  });
});
