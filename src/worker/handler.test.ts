/**
 * The contract with web-llm's worker protocol: one script, run against web-llm's own handler with our engine
 * put into it and against ours. What the page sees must be the same, so an upgrade that changes the messages
 * fails here. The engine is real; only the runner below it is scripted.
 */
import {
  type AppConfig,
  type ChatCompletionChunk,
  type InitProgressReport,
  type MLCEngine,
  WebWorkerMLCEngine,
  WebWorkerMLCEngineHandler,
  type WorkerRequest,
} from '@mlc-ai/web-llm';
import { beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../core/errors';
import { NativeEngine } from '../engine/native-engine';
import { scriptedParts } from '../engine/test-runner';
import { WorkerHandler } from './handler';
import { ChannelWorker } from './test-channel';

type Post = (message: unknown) => void;

function theirs(post: Post): (data: never) => void {
  const engine = new NativeEngine(scriptedParts().parts);
  const handler = new WebWorkerMLCEngineHandler();
  handler.postMessage = post;
  handler.engine = engine as unknown as MLCEngine;
  engine.setInitProgressCallback((content) => post({ kind: 'initProgressCallback', uuid: '', content }));
  return (data) => handler.onmessage(data);
}

function ours(post: Post): (data: never) => void {
  return new WorkerHandler(new NativeEngine(scriptedParts().parts), post).handle as (data: never) => void;
}

const APP: AppConfig = { model_list: [{ model_id: 'test', model: '', model_lib: '' }] };
const user = (content: string) => [{ role: 'user' as const, content }];

/** Runs everything once and writes down what the page saw, without times and ids. */
async function script(connect: (post: Post) => (data: never) => void): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {};
  const note = async (name: string, work: Promise<unknown>) => {
    seen[name] = await work.catch((error: unknown) => {
      // The stream's own end is an Error on the page's side; from the worker come strings.
      return { type: typeof error, error: String(error).replace(/^Error: /, '') };
    });
  };
  const worker = new ChannelWorker(connect);
  const progress: InitProgressReport[] = [];
  const page = new WebWorkerMLCEngine(worker, {
    appConfig: APP,
    initProgressCallback: (report) => progress.push(report),
  });
  const stream = async (content: string, onChunk: (chunk: ChatCompletionChunk, index: number) => unknown) => {
    const chunks = await page.chat.completions.create({
      messages: user(content),
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    const reasons: unknown[] = [];
    let figures: unknown;
    let count = 0;
    for await (const chunk of chunks) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (chunk.choices[0]?.finish_reason) reasons.push(chunk.choices[0].finish_reason);
      if (chunk.usage) figures = [chunk.usage.prompt_tokens, chunk.usage.completion_tokens];
      if (onChunk(chunk, count++)) break;
    }
    return { text, reasons, figures };
  };

  await note('chat before load', page.chat.completions.create({ messages: user('hi') }));
  await note('unknown model', page.reload('nope'));
  await note('load', page.reload('test'));
  seen.progress = progress.map(({ progress: done, text }) => [done, text]);
  await note(
    'stream',
    stream('hi', () => {}),
  );
  await note(
    'whole',
    page.chat.completions
      .create({ messages: user('say:Hi'), max_tokens: 9 })
      .then((answer) => answer.choices),
  );
  await note(
    'completion',
    page.completions.create({ prompt: 'say:abc' }).then((answer) => answer.choices),
  );
  await note(
    'completion stream',
    page.completions.create({ prompt: 'say:abc', stream: true }).then(async (chunks) => {
      let text = '';
      for await (const chunk of chunks) text += chunk.choices[0]?.text ?? '';
      return text;
    }),
  );
  const cut = await stream('long', (_chunk, index) => {
    if (index === 2) page.interruptGenerate();
  });
  seen.interrupt = { reasons: cut.reasons, isText: /^(abcdefghij)*/.test(cut.text) };
  await note(
    'break',
    stream('long', (_chunk, index) => index === 2).then(({ reasons }) => reasons),
  );
  await note(
    'after break',
    stream('say:ok', () => {}),
  );
  const early = await page.chat.completions.create({ messages: user('long'), stream: true });
  await note('return before next', (early as AsyncGenerator).return(undefined));
  const running = stream('say:1', () => {});
  await note(
    'busy',
    stream('say:2', () => {}),
  );
  await note('not disturbed', running);
  await note(
    'idle again',
    stream('say:3', () => {}),
  );
  await note('bad value', page.chat.completions.create({ messages: user('hi'), temperature: 9 }));
  await note('unsupported', page.chat.completions.create({ messages: user('hi'), n: 2 }));
  await note(
    'error before',
    stream('boom-first', () => {}),
  );
  await note(
    'error within',
    stream('boom-mid', () => {}),
  );
  await note('message', page.getMessage());
  await note('vendor', page.getGPUVendor());
  await note('binding', page.getMaxStorageBufferBindingSize());
  await note('sessions', page.listResumableSessions());
  await note('resume', page.resumeChatCompletion('x'));
  await note('embedding', page.embeddings.create({ input: 'x' }));
  await note('reset', page.resetChat());
  await note('statistics', page.runtimeStatsText());
  await note('step', page.forwardTokensAndSample([104, 105], true));
  await note('unload', page.unload());
  await note('chat after unload', page.chat.completions.create({ messages: user('hi') }));
  return seen;
}

describe('web-llm handler and ours', () => {
  let expected: Record<string, unknown>;
  let found: Record<string, unknown>;
  beforeAll(async () => {
    [expected, found] = await Promise.all([script(theirs), script(ours)]);
  }, 30_000);

  test('show the page the same things', () => {
    expect(found).toEqual(expected);
  });

  test('and these are the right ones', () => {
    const failure = (code: string) => ({
      type: 'string',
      error: expect.stringContaining(`"code":"${code}"`),
    });
    expect(found).toMatchObject({
      'unknown model': failure('model-unknown'),
      load: undefined,
      stream: { text: '你好，world! 🙂', reasons: ['stop'] },
      whole: [{ message: { content: 'Hi' } }],
      completion: [{ text: 'abc' }],
      'completion stream': 'abc',
      interrupt: { reasons: ['abort'], isText: true },
      break: [],
      'after break': { text: 'ok' },
      busy: failure('busy'),
      'not disturbed': { text: '1', reasons: ['stop'] },
      'idle again': { text: '3' },
      'bad value': failure('parameter-out-of-range'),
      unsupported: failure('request-unsupported'),
      'error before': failure('out-of-gpu-memory'),
      'error within': failure('device-lost'),
      sessions: [],
      embedding: failure('request-unsupported'),
    });
    expect(AppError.from((found['bad value'] as { error: string }).error)).toMatchObject({
      code: 'parameter-out-of-range',
      details: { field: 'temperature', value: 9, min: 0, max: 2 },
    });
  });

  test('a kind that web-llm has not is answered with an error', async () => {
    const answer = new Promise<{ kind: string; content: string }>((resolve) => {
      const handle = ours((message) => resolve(message as { kind: string; content: string })) as unknown as (
        message: WorkerRequest,
      ) => void;
      handle({ kind: 'newThing' as 'unload', uuid: '1', content: null });
    });
    expect(await answer).toMatchObject({
      kind: 'throw',
      content: expect.stringContaining('request-unsupported'),
    });
  });
});
