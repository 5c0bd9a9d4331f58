import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConvertProgress } from '../../../convert/progress';
import { AppError } from '../../../core/errors';
import type { ConvertOrder } from '../../../store/convert-order';
import { createConvertStore, currentPhase } from './convert-store';
import type { Converter, ConvertResult } from './ports';

const ORDER: ConvertOrder = {
  kind: 'convert',
  id: 'aquilachat-7b-q4f16_1',
  name: 'AquilaChat-7B',
  source: { kind: 'hugging-face', repo: 'BAAI/AquilaChat-7B', revision: 'main' },
  quantization: 'q4f16_1',
  licence: 'aquila',
};
const RESULT: ConvertResult = { modelId: ORDER.id, corrections: [], ignoredTensors: [] };

const progress = (share: number, doneBytes = share * 1000): ConvertProgress => ({
  phases: {
    download: { doneBytes, totalBytes: 1000 },
    quantize: { doneBytes: doneBytes * 0.9, totalBytes: 1000 },
    write: { doneBytes: 0, totalBytes: 300 },
    verify: { doneBytes: 0, totalBytes: 300 },
  },
  share,
  item: 'model.norm.weight',
});

/** A converter whose runs the test ends by hand. */
function createFake() {
  const runs: {
    order: ConvertOrder;
    report: (progress: ConvertProgress, lastByteAt?: number) => void;
    resolve: (result: ConvertResult) => void;
    reject: (error: unknown) => void;
  }[] = [];
  const converter: Converter = {
    convert: (order, { onProgress, signal } = {}) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new AppError('aborted')));
        runs.push({
          order,
          report: (seen, lastByteAt = 0) => onProgress?.(seen, lastByteAt),
          resolve,
          reject,
        });
      }),
    listConversions: vi.fn(async () => []),
    removeConversion: vi.fn(async () => {}),
  };
  const release = vi.fn();
  const store = createConvertStore(converter, {
    now: Date.now,
    keepAwake: () => release,
    keepStored: async () => true,
  });
  return { runs, converter, store, release };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('convert store', () => {
  it('shows reports that never fall and ends at exactly 1', async () => {
    const { runs, store, release } = createFake();
    const shares: number[] = [];
    store.subscribe(({ job }) => job?.progress && shares.push(job.progress.share));
    const done = store.getState().start(ORDER);
    for (const share of [0, 0.2, 0.15, 0.6, 0.9]) {
      runs[0]!.report(progress(share));
      vi.advanceTimersByTime(150);
    }
    runs[0]!.report(progress(1));
    expect(store.getState().job?.progress?.share).toBe(1);
    runs[0]!.resolve(RESULT);
    expect(await done).toBe(ORDER.id);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    expect(store.getState()).toMatchObject({ job: null, end: { kind: 'done', result: RESULT } });
    expect(release).toHaveBeenCalledOnce();
  });

  it('shows a flood of reports at most ten times a second, and the last one with the next tick', () => {
    const { runs, store } = createFake();
    void store.getState().start(ORDER);
    let shown = 0;
    store.subscribe(() => {
      shown += 1;
    });
    for (let at = 1; at <= 500; at += 1) runs[0]!.report(progress(at / 1000));
    expect(shown).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(store.getState().job?.progress?.share).toBe(0.5);
  });

  it('runs one at a time', async () => {
    const { store } = createFake();
    void store.getState().start(ORDER);
    await expect(store.getState().start(ORDER)).rejects.toMatchObject({ code: 'busy' });
  });

  it('pauses without an error and looks at what is left', async () => {
    const { converter, store } = createFake();
    const done = store.getState().start(ORDER);
    store.getState().pause();
    expect(store.getState().job?.isPausing).toBe(true);
    expect(await done).toBeUndefined();
    expect(store.getState()).toMatchObject({ job: null, end: null });
    expect(converter.listConversions).toHaveBeenCalled();
  });

  it('keeps the error of one that failed until the next begins', async () => {
    const { runs, store } = createFake();
    const done = store.getState().start(ORDER);
    runs[0]!.reject(new AppError('storage-full', { neededBytes: 5 }));
    await done;
    expect(store.getState().end).toMatchObject({ kind: 'failed', error: { code: 'storage-full' } });
    void store.getState().start(ORDER);
    expect(store.getState().end).toBeNull();
  });

  it('says that nothing has come for twenty seconds, and goes on with a new run', async () => {
    const { runs, store } = createFake();
    const done = store.getState().start(ORDER);
    runs[0]!.report(progress(0.1));
    vi.advanceTimersByTime(10_000);
    expect(store.getState().job?.pace.isStalled).toBe(false);
    vi.advanceTimersByTime(11_000);
    expect(store.getState().job?.pace.isStalled).toBe(true);
    store.getState().restart();
    await vi.waitFor(() => expect(runs).toHaveLength(2));
    expect(store.getState().job).toMatchObject({ isPausing: false, pace: { isStalled: false } });
    runs[1]!.report(progress(1));
    runs[1]!.resolve(RESULT);
    expect(await done).toBe(ORDER.id);
  });
});

describe('currentPhase', () => {
  it('names the first phase that is not through', () => {
    expect(currentPhase(progress(0.5))).toBe('download');
    expect(currentPhase(progress(0.9, 1000))).toBe('quantize');
    const whole = { doneBytes: 1, totalBytes: 1 };
    const last = { phases: { download: whole, quantize: whole, write: whole }, share: 1, item: '' };
    expect(currentPhase(last)).toBe('verify');
  });
});
