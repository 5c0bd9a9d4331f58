import { afterEach, expect, test, vi } from 'vitest';
import type { BenchConfig, BenchResult } from '../bench/types';
import { runBench } from './bench-client';
import type { FromBench, ToBench } from './bench-messages';
import type { WorkerLike } from './page-engine';

const CONFIG = { shapes: ['aerie-mini'] } as unknown as BenchConfig;
const RESULT = { format: 'aerie-bench' } as unknown as BenchResult;

class ScriptedWorker implements WorkerLike {
  onmessage: WorkerLike['onmessage'] = null;
  onerror: WorkerLike['onerror'] = null;
  onmessageerror: WorkerLike['onmessageerror'] = null;
  readonly heard: ToBench[] = [];
  isTerminated = false;

  constructor(private readonly answer: (message: ToBench, say: (message: FromBench) => void) => void) {}

  postMessage(message: ToBench): void {
    this.heard.push(message);
    this.answer(message, (data) => this.onmessage?.({ data } as MessageEvent));
  }
  terminate(): void {
    this.isTerminated = true;
  }
}

afterEach(() => void vi.useRealTimers());

test('gives the order, hears of progress, ends the worker', async () => {
  const worker = new ScriptedWorker((_, say) => {
    say({ kind: 'progress', progress: { fraction: 0.5, step: { section: 'decode' } } });
    say({ kind: 'done', result: RESULT });
  });
  const fractions: number[] = [];
  const result = await runBench(
    CONFIG,
    { onProgress: ({ fraction }) => fractions.push(fraction) },
    () => worker,
  );
  expect([result, fractions, worker.heard]).toEqual([RESULT, [0.5], [{ kind: 'run', config: CONFIG }]]);
  expect(worker.isTerminated).toBe(true);
});

test('errors are AppErrors, whether told or by the death of the worker', async () => {
  const refusing = new ScriptedWorker((_, say) =>
    say({ kind: 'failed', error: 'AppError: {"code":"out-of-gpu-memory","details":{"neededBytes":5}}' }),
  );
  await expect(runBench(CONFIG, {}, () => refusing)).rejects.toMatchObject({
    code: 'out-of-gpu-memory',
    details: { neededBytes: 5 },
  });
  const dying = new ScriptedWorker(() => dying.onerror?.({ message: 'gone' } as ErrorEvent));
  await expect(runBench(CONFIG, {}, () => dying)).rejects.toMatchObject({ code: 'worker-crashed' });
  expect(dying.isTerminated).toBe(true);
});

test('a cancelled run may put things away, but not for ever', async () => {
  const abort = new AbortController();
  const polite = new ScriptedWorker(({ kind }, say) => {
    if (kind === 'cancel') say({ kind: 'failed', error: 'AppError: {"code":"aborted","details":{}}' });
  });
  const run = runBench(CONFIG, { signal: abort.signal }, () => polite);
  abort.abort();
  await expect(run).rejects.toMatchObject({ code: 'aborted' });
  expect(polite.heard.map(({ kind }) => kind)).toEqual(['run', 'cancel']);

  vi.useFakeTimers();
  const stuck = new ScriptedWorker(() => {});
  const other = new AbortController();
  const end = runBench(CONFIG, { signal: other.signal }, () => stuck).catch((error: unknown) => error);
  other.abort();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await end).toMatchObject({ code: 'aborted' });
  expect(stuck.isTerminated).toBe(true);
  await expect(runBench(CONFIG, { signal: other.signal }, () => stuck)).rejects.toMatchObject({
    code: 'aborted',
  });
});
