import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { BenchConfig, BenchProgress, BenchResult } from '../../bench/types';
import { AppError } from '../../core/errors';
import { type BenchStore, createBenchStore } from './bench-store';
import { RESULT } from './test-result';

interface Run {
  readonly config: BenchConfig;
  readonly signal: AbortSignal;
  progress(report: BenchProgress): void;
  finish(result: BenchResult): void;
  fail(error: AppError): void;
}

let runs: Run[];
let loaded: string | undefined;
let awake: number;
let kept: string | undefined;
let isStoreFull: boolean;
let useBench: BenchStore;

const state = () => useBench.getState();
const file = (content: unknown) => new File([JSON.stringify(content)], 'r.json');

beforeEach(() => {
  runs = [];
  loaded = 'm';
  awake = 0;
  kept = undefined;
  isStoreFull = false;
  useBench = createBenchStore({
    run: (config, { onProgress, signal }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new AppError('aborted')));
        runs.push({ config, signal, progress: onProgress, finish: resolve, fail: reject });
      }),
    async unloadModel() {
      const before = loaded;
      loaded = undefined;
      return before;
    },
    async loadModel(id) {
      loaded = id;
    },
    keepAwake() {
      awake += 1;
      return () => {
        awake -= 1;
      };
    },
    kept: {
      read: async () => kept,
      async write(text) {
        if (isStoreFull) throw new AppError('storage-full');
        kept = text;
      },
    },
  });
});

async function started(): Promise<{ run: Run; done: Promise<void> }> {
  const done = state().start(RESULT.config);
  await vi.waitFor(() => expect(runs.length).toBe(1));
  return { run: runs[0]!, done };
}

describe('a run', () => {
  it('unloads the model, reports, keeps its result, and brings the model back when asked', async () => {
    const { run, done } = await started();
    expect(loaded).toBeUndefined();
    expect(awake).toBe(1);
    run.progress({ fraction: 0.5, step: { section: 'decode' } });
    expect(state().job?.progress?.fraction).toBe(0.5);
    await state().start(RESULT.config);
    expect(runs.length).toBe(1);
    run.finish(RESULT);
    await done;
    expect(state()).toMatchObject({ job: null, result: RESULT, displaced: 'm', error: null });
    expect(JSON.parse(kept!)).toEqual(RESULT);
    expect(awake).toBe(0);
    await state().restore();
    expect(loaded).toBe('m');
    expect(state().displaced).toBeNull();
  });

  it('ends without an error when it is cancelled, and keeps the older result', async () => {
    useBench.setState({ result: RESULT });
    const { run, done } = await started();
    state().cancel();
    expect(run.signal.aborted).toBe(true);
    await done;
    expect(state()).toMatchObject({ job: null, result: RESULT, error: null, displaced: 'm' });
  });

  it('cancelled while the model is unloaded, never begins', async () => {
    const done = state().start(RESULT.config);
    state().cancel();
    await done;
    expect(state()).toMatchObject({ job: null, result: null, error: null });
    expect(runs.every(({ signal }) => signal.aborted)).toBe(true);
  });

  it('that fails can be tried again', async () => {
    const { run, done } = await started();
    run.fail(new AppError('device-lost'));
    await done;
    expect(state().error?.code).toBe('device-lost');
    const again = state().retry();
    await vi.waitFor(() => expect(runs.length).toBe(2));
    expect(state().error).toBeNull();
    expect(runs[1]!.config).toEqual(runs[0]!.config);
    // The model that was displaced first is still the one to bring back.
    expect(state().displaced).toBe('m');
    runs[1]!.finish(RESULT);
    await again;
  });
});

describe('results', () => {
  it('that cannot be kept for the next visit are results all the same', async () => {
    isStoreFull = true;
    const { run, done } = await started();
    run.finish(RESULT);
    await done;
    expect(state()).toMatchObject({ job: null, result: RESULT, error: null });
  });

  it('come back at the next visit, unless they are not understood', async () => {
    kept = '{"format":"something else"}';
    await state().boot();
    expect(state().result).toBeNull();
    kept = JSON.stringify(RESULT);
    await state().boot();
    expect(state().result).toEqual(RESULT);
  });

  it('from a file are shown, or compared with where there is one', async () => {
    await state().open(file(RESULT));
    expect(state()).toMatchObject({ result: RESULT, other: null });
    await state().open(file(RESULT));
    expect(state().other).toEqual(RESULT);
    state().closeOther();
    expect(state().other).toBeNull();
  });

  it('from a file that is none are refused, and nothing changes', async () => {
    useBench.setState({ result: RESULT });
    for (const blob of [new File(['{'], 'x'), file(null), file({ ...RESULT, shapes: 'all' })]) {
      useBench.setState({ fileError: null });
      await state().open(blob);
      expect(state().fileError).toBeInstanceOf(AppError);
      expect(state()).toMatchObject({ result: RESULT, other: null });
    }
    await state().open(file(RESULT));
    expect(state().fileError).toBeNull();
  });
});
