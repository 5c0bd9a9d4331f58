import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { AppError } from '../core/errors';
import { DEFAULT_ENGINE_OPTIONS, type EngineOptions } from '../engine/engine-options';
import { NativeEngine } from '../engine/native-engine';
import { scriptedParts, sleep } from '../engine/test-runner';
import { EngineClient, type EngineState } from './client';
import { WorkerHandler } from './handler';
import type { SideAnswers } from './protocol';
import { type EngineKind, type EngineRecord, nativeRecord } from './records';
import { stockError, stockLoadError } from './stock-errors';
import { ChannelWorker } from './test-channel';

const user = (content: string) => ({ messages: [{ role: 'user' as const, content }] });
const RECORD = nativeRecord('test');
const STOCK: EngineRecord = {
  model_id: 'stock',
  model: 'https://a.test/m',
  model_lib: 'https://b.test/l.wasm',
};

let made: { kind: EngineKind; worker: ChannelWorker }[];
let client: EngineClient;
let states: EngineState['kind'][];

/** Answers of a worker that never gets further than its first step, or not even there. */
let isStockSlow = false;

/** The devices and options of the workers made, in order. */
let setups: ReturnType<typeof scriptedParts>[];
let optionsSeen: EngineOptions[];

function nativeWorker(post: (message: unknown) => void) {
  const setup = scriptedParts();
  setups.push(setup);
  const engine = new NativeEngine(setup.parts);
  engine.onLost = (error) => post({ kind: 'deviceLost', content: error.toString() });
  const answers: SideAnswers = {
    ping: () => 'pong',
    'engine-options': (options) => {
      optionsSeen.push(options);
      return null;
    },
  };
  return new WorkerHandler(engine, post, answers).handle;
}

function stockStub(post: (message: unknown) => void) {
  return ({ kind, uuid }: { kind: string; uuid: string }) => {
    const content = `Error: Failed to store ${STOCK.model_lib} with error: TypeError: Failed to fetch`;
    if (kind === 'reload') {
      post({
        kind: 'initProgressCallback',
        uuid: '',
        content: { progress: 0.5, timeElapsed: 1, text: 'Start to fetch params' },
      });
      if (!isStockSlow) post({ kind: 'throw', uuid, content });
    } else if (kind !== 'setAppConfig') post({ kind: 'return', uuid, content: null });
  };
}

beforeEach(() => {
  made = [];
  setups = [];
  optionsSeen = [];
  states = [];
  client = new EngineClient((kind) => {
    const worker = new ChannelWorker((post) =>
      kind === 'stock'
        ? (stockStub(post) as (data: never) => void)
        : (nativeWorker(post) as (data: never) => void),
    );
    made.push({ kind, worker });
    return worker;
  });
  client.onState(({ kind }) => states.push(kind));
});

const failure = (code: string) => expect.objectContaining({ code }) as AppError;

describe('ordinary use', () => {
  test('loads with progress, streams, remembers the figures, unloads', async () => {
    const fractions: number[] = [];
    client.onProgress(({ progress }) => fractions.push(progress));
    await client.load(RECORD);
    expect(fractions.at(-1)).toBe(1);
    const deltas: string[] = [];
    const outcome = await client.chat(user('hi'), { onDelta: (delta) => deltas.push(delta) });
    expect(outcome).toMatchObject({ text: '你好，world! 🙂', finishReason: 'stop' });
    expect(deltas.join('')).toBe(outcome.text);
    expect(client.lastUsage).toEqual(outcome.usage);
    await client.unload();
    expect(states).toEqual(['loading', 'ready', 'generating', 'ready', 'none']);
    await expect(client.chat(user('hi'))).rejects.toEqual(failure('not-loaded'));
  });

  test('plain completion', async () => {
    await client.load(RECORD);
    expect((await client.complete({ prompt: 'say:abc' })).text).toBe('abc');
  });

  test('errors are AppErrors with their details', async () => {
    await expect(client.load(nativeRecord('test', ''))).resolves.toBeUndefined();
    await expect(client.chat({ ...user('hi'), top_p: 3 })).rejects.toMatchObject({
      code: 'parameter-out-of-range',
      details: { field: 'top_p', value: 3, min: 0, max: 1 },
    });
    expect(client.state.kind).toBe('ready');
  });

  test('interrupt and signal end an answer; a second one is refused meanwhile', async () => {
    await client.load(RECORD);
    const answer = client.chat(user('long'), { onDelta: () => client.interrupt() });
    await expect(client.chat(user('hi'))).rejects.toEqual(failure('busy'));
    expect((await answer).finishReason).toBe('abort');
    const abort = new AbortController();
    const other = client.chat(user('long'), { signal: abort.signal, onDelta: () => abort.abort() });
    expect((await other).finishReason).toBe('abort');
    const early = new AbortController();
    const third = client.chat(user('long'), { signal: early.signal });
    early.abort();
    expect((await third).finishReason).toBe('abort');
  });

  test('the side channel answers, and unknown questions are refused', async () => {
    expect(await client.ask('ping', null)).toBe('pong');
    await expect(client.ask('memory', null)).rejects.toEqual(failure('request-unsupported'));
  });
});

describe('loading', () => {
  test('tells the worker how to run models, every new worker too', async () => {
    await client.load(RECORD);
    const wanted = { ...DEFAULT_ENGINE_OPTIONS, int8Kv: true };
    client.setEngineOptions(wanted);
    await client.load(RECORD);
    client.terminate();
    await client.chat(user('hi'));
    expect(optionsSeen).toEqual([DEFAULT_ENGINE_OPTIONS, wanted, wanted]);
  });

  test('a signal cancels, another load overtakes', async () => {
    const abort = new AbortController();
    const stop = client.onProgress(() => abort.abort());
    await expect(client.load(RECORD, { signal: abort.signal })).rejects.toEqual(failure('aborted'));
    expect(client.state.kind).toBe('none');
    stop();
    const first = client.load(RECORD).catch((error: unknown) => error);
    await client.load(RECORD);
    expect(await first).toEqual(failure('aborted'));
    expect(client.state).toEqual({ kind: 'ready', modelId: 'test' });
  });

  test('a model that cannot be loaded is not loaded, nor the one before it', async () => {
    await client.load(RECORD);
    await expect(client.load(STOCK)).rejects.toEqual(failure('model-library-unavailable'));
    expect(client.state).toMatchObject({ kind: 'failed', modelId: 'stock' });
    expect(client.modelId).toBeUndefined();
  });
});

describe('routing', () => {
  test('a record with a library goes to the stock worker, and the other worker ends', async () => {
    const fractions: number[] = [];
    client.onProgress(({ progress, phase }) => phase === 'library' && fractions.push(progress));
    await client.load(RECORD);
    await expect(client.load(STOCK)).rejects.toMatchObject({
      code: 'model-library-unavailable',
      details: { url: 'https://b.test/l.wasm', host: 'b.test' },
    });
    expect(made.map(({ kind, worker }) => [kind, worker.isTerminated])).toEqual([
      ['native', true],
      ['stock', false],
    ]);
    expect(fractions).toEqual([0.45]);
    await client.load(RECORD);
    expect((await client.chat(user('say:x'))).text).toBe('x');
    expect(made.map(({ kind }) => kind)).toEqual(['native', 'stock', 'native']);
  });
});

describe('the stock engine', () => {
  test('a load is cancelled by ending its worker, since it would go on', async () => {
    isStockSlow = true;
    try {
      const abort = new AbortController();
      const load = client.load(STOCK, { signal: abort.signal });
      setTimeout(() => abort.abort(), 20);
      await expect(load).rejects.toEqual(failure('aborted'));
      expect(made[0]!.worker.isTerminated).toBe(true);
      expect(client.state.kind).toBe('none');
    } finally {
      isStockSlow = false;
    }
  });

  test.each([
    [
      'Error: Failed to store https://a.test/c.json with error: TypeError: Failed to fetch',
      'download-failed',
      'a.test',
    ],
    ['Error: Failed to store https://a.test/p.bin with error: QuotaExceededError', 'storage-full', 'a.test'],
    ['TypeError: Failed to fetch', 'model-library-unavailable', 'b.test'],
    ['CompileError: WebAssembly.instantiate(): expected magic word', 'model-library-unavailable', 'b.test'],
    ['LinkError: WebAssembly.instantiate(): Import #1 "env"', 'model-library-unavailable', 'b.test'],
    ['Error: Cannot find adapter that matches the request', 'limits-too-small', undefined],
    ['DeviceLostError: The WebGPU device was lost while loading the model.', 'device-lost', undefined],
    ['Error: something else', 'internal', undefined],
  ])('%s', (text, code, host) => {
    const error = stockLoadError(stockError(text), STOCK);
    expect([error.code, error.details.host]).toEqual([code, host]);
  });
});

describe('a worker that dies', () => {
  test('rejects what waits, and the next use starts a fresh one with the model in it', async () => {
    await client.load(RECORD);
    let text = '';
    const answer = client.chat(user('long'), {
      onDelta: (delta) => {
        text += delta;
        if (text.length > 3) made[0]!.worker.crash();
      },
    });
    await expect(answer).rejects.toEqual(failure('worker-crashed'));
    expect(client.state).toMatchObject({ kind: 'failed', modelId: 'test' });
    expect((await client.chat(user('say:back'))).text).toBe('back');
    expect(made).toHaveLength(2);
    expect(made[0]!.worker.isTerminated).toBe(true);
  });

  test('terminate does the same', async () => {
    await client.load(RECORD);
    const answer = client.chat(user('long'));
    setTimeout(() => client.terminate(), 20);
    await expect(answer).rejects.toEqual(failure('worker-crashed'));
    expect((await client.chat(user('say:back'))).text).toBe('back');
  });

  test('a lost device loads the model again at the next use', async () => {
    await client.load(RECORD);
    await expect(client.chat(user('boom-mid'))).rejects.toEqual(failure('device-lost'));
    expect(client.state.kind).toBe('failed');
    expect((await client.chat(user('say:back'))).text).toBe('back');
    expect(made).toHaveLength(1);
  });

  test('a device lost while nothing is asked shows at once', async () => {
    await client.load(RECORD);
    setups[0]!.gpus[0]!.lose();
    await sleep(20);
    expect(client.state).toMatchObject({ kind: 'failed', modelId: 'test', error: { code: 'device-lost' } });
    expect((await client.chat(user('say:back'))).text).toBe('back');
    expect(states).toEqual(['loading', 'ready', 'failed', 'loading', 'ready', 'generating', 'ready']);
  });

  test('silence for several intervals counts as death, but only while something is asked', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      await client.load(RECORD);
      vi.advanceTimersByTime(20_000 * 20);
      expect(client.state.kind).toBe('ready');
      await sleep(20);
      made[0]!.worker.isStuck = true;
      const answer = client.chat(user('hi'));
      const outcome = answer.catch((error: unknown) => error);
      await sleep(5);
      vi.advanceTimersByTime(20_000 * 5);
      expect(client.state.kind).toBe('generating');
      vi.advanceTimersByTime(20_000 * 5);
      expect(await outcome).toEqual(failure('worker-crashed'));
    } finally {
      vi.useRealTimers();
    }
  });

  test('dispose ends everything quietly', async () => {
    await client.load(RECORD);
    client.dispose();
    expect(made[0]!.worker.isTerminated).toBe(true);
    await expect(client.chat(user('hi'))).rejects.toEqual(failure('not-loaded'));
  });
});
