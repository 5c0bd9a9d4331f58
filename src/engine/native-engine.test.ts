import type { AppConfig, ChatCompletionChunk } from '@mlc-ai/web-llm';
import { describe, expect, test } from 'vitest';
import { AppError, type ErrorCode } from '../core/errors';
import { NativeEngine } from './native-engine';
import type { EngineProgress } from './progress';
import { scriptedParts, sleep } from './test-runner';

const APP: AppConfig = {
  model_list: [
    { model_id: 'test', model: '', model_lib: '' },
    { model_id: 'other', model: '', model_lib: '' },
  ],
};
const user = (content: string) => [{ role: 'user' as const, content }];

async function loaded(setup = scriptedParts()) {
  const engine = new NativeEngine(setup.parts);
  engine.setAppConfig(APP);
  await engine.reload('test');
  return { engine, ...setup, runner: setup.runners[0]! };
}

async function read(stream: AsyncIterable<ChatCompletionChunk>) {
  const chunks: ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
  const reasons = chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean);
  return { chunks, text, reasons, usage: chunks.at(-1)?.usage };
}

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | 'no error'> {
  return work.then(
    () => 'no error' as const,
    (error: unknown) => (error instanceof AppError ? error.code : 'internal'),
  );
}

describe('loading', () => {
  test('reports progress that never falls and ends at exactly 1', async () => {
    const { parts } = scriptedParts();
    const engine = new NativeEngine(parts);
    const reports: EngineProgress[] = [];
    engine.setInitProgressCallback((report) => reports.push(report as EngineProgress));
    engine.setAppConfig(APP);
    await engine.reload(['test']);
    const values = reports.map(({ progress }) => progress);
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(values.at(-1)).toBe(1);
    expect(reports.map(({ phase }) => phase)).toEqual([
      'download',
      'download',
      'gpu',
      'gpu',
      'compile',
      'warmup',
      'ready',
    ]);
  });

  test('refuses unknown ids and several models, and says when nothing is loaded', async () => {
    const engine = new NativeEngine(scriptedParts().parts);
    engine.setAppConfig(APP);
    expect(await codeOf(engine.reload('nope'))).toBe('model-unknown');
    expect(await codeOf(engine.reload(['test', 'other']))).toBe('request-unsupported');
    expect(await codeOf(engine.chatCompletion({ messages: user('hi') }))).toBe('not-loaded');
    expect(await codeOf(engine.getMessage())).toBe('not-loaded');
  });

  test('frees the old model before the next', async () => {
    const { engine, runners } = await loaded();
    await engine.reload('other');
    expect(runners.map(({ isDisposed }) => isDisposed)).toEqual([true, false]);
    expect(engine.modelInfo()?.modelId).toBe('other');
  });

  test('unload during a load rejects it with aborted and frees what was made', async () => {
    const setup = scriptedParts();
    const engine = new NativeEngine(setup.parts);
    engine.setAppConfig(APP);
    engine.setInitProgressCallback(({ text }) => {
      if (text.startsWith('Preparing')) void engine.unload();
    });
    expect(await codeOf(engine.reload('test'))).toBe('aborted');
    expect(setup.runners[0]!.isDisposed).toBe(true);
    expect(engine.modelInfo()).toBeNull();
    engine.setInitProgressCallback(() => {});
    await engine.reload('test');
    expect(engine.modelInfo()?.modelId).toBe('test');
  });

  test('of overlapping loads only the last wins', async () => {
    const { engine } = await loaded();
    const results = await Promise.all([
      codeOf(engine.reload('other')),
      codeOf(engine.reload('other')),
      codeOf(engine.reload('test')),
    ]);
    expect(results).toEqual(['aborted', 'aborted', 'no error']);
    expect(engine.modelInfo()?.modelId).toBe('test');
  });

  test('overrides of the record and of the call reach the configuration', async () => {
    const { parts } = scriptedParts();
    const engine = new NativeEngine(parts);
    engine.setAppConfig({
      model_list: [{ model_id: 'test', model: '', model_lib: '', overrides: { context_window_size: 64 } }],
    });
    await engine.reload('test', { temperature: 1.5 });
    expect(engine.modelInfo()).toMatchObject({ contextLength: 64, defaults: { temperature: 1.5 } });
  });
});

describe('answers', () => {
  test('streams text in whole characters, then the reason, then the figures', async () => {
    const { engine } = await loaded();
    const stream = await engine.chatCompletion({
      messages: user('hi'),
      stream: true,
      stream_options: { include_usage: true },
    });
    const { chunks, text, reasons, usage } = await read(stream);
    expect(text).toBe('你好，world! 🙂');
    expect(text).not.toContain('\ufffd');
    expect(reasons).toEqual(['stop']);
    expect(usage).toMatchObject({ completion_tokens: 20, extra: { dropped_messages: 0 } });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(await engine.getMessage()).toBe(text);
  });

  test('answers whole, with log-probabilities when asked', async () => {
    const { engine } = await loaded();
    const answer = await engine.chatCompletion({ messages: user('say:Hi'), logprobs: true, top_logprobs: 1 });
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Hi' } });
    const content = answer.choices[0]!.logprobs!.content!;
    expect(content[0]).toEqual({
      token: 'H',
      bytes: [72],
      logprob: -0.5,
      top_logprobs: [{ token: 'H', bytes: [72], logprob: -0.5 }],
    });
    expect(answer.usage?.completion_tokens).toBe(2);
  });

  test('runs ahead of its reader, who then gets everything in one chunk', async () => {
    const { engine } = await loaded();
    const stream = await engine.chatCompletion({ messages: user('say:0123456789'), stream: true });
    await sleep(80);
    const { chunks } = await read(stream);
    expect(chunks[0]!.choices[0]!.delta.content).toBe('0123456789');
  });

  test('ends at max_tokens, at the context, at a stop string, and on interrupt', async () => {
    const { engine, runner } = await loaded();
    const short = await engine.chatCompletion({ messages: user('long'), max_tokens: 5 });
    expect(short.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'abcde' } });
    runner.tokenMs = 0;
    const full = await engine.chatCompletion({ messages: user('long'), max_tokens: 240 });
    expect(full.choices[0]!.finish_reason).toBe('length');
    const stopped = await engine.chatCompletion({ messages: user('long'), stop: ['ghi'] });
    expect(stopped.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'abcdef' } });
    runner.tokenMs = 3;
    const cut = engine.chatCompletion({ messages: user('long') });
    await sleep(30);
    engine.interruptGenerate();
    expect((await cut).choices[0]!.finish_reason).toBe('abort');
    expect(await codeOf(engine.chatCompletion({ messages: user('hi') }))).toBe('no error');
  });

  test('a stop string across the last tokens is cut, and half of one at the end is text', async () => {
    const { engine } = await loaded();
    const cut = await engine.chatCompletion({ messages: user('say:one END two'), stop: 'END' });
    expect(cut.choices[0]!.message.content).toBe('one ');
    const half = await engine.chatCompletion({ messages: user('say:one EN'), stop: 'END' });
    expect(half.choices[0]!.message.content).toBe('one EN');
  });

  test('keeps the keys and values of what both prompts share', async () => {
    const { engine, runner } = await loaded();
    const first = await engine.chatCompletion({ messages: user('say:Hi') });
    const turns = [...user('say:Hi'), { role: 'assistant' as const, content: 'Hi' }, ...user('say:Yo')];
    const second = await engine.chatCompletion({ messages: turns });
    const { reused_tokens, prefill_tokens } = second.usage!.extra as unknown as Record<string, number>;
    // All but the space that this template puts before an answer only while it is open.
    expect(reused_tokens).toBe(first.usage!.prompt_tokens - 1);
    expect(prefill_tokens).toBe(runner.prefills.at(-1));
    const again = await engine.chatCompletion({ messages: turns });
    expect((again.usage!.extra as unknown as Record<string, number>).prefill_tokens).toBe(1);
  });

  test('drops the oldest pairs when the prompt would not fit, and says how many', async () => {
    const { engine } = await loaded();
    const old = { role: 'assistant' as const, content: 'y'.repeat(60) };
    const messages = [...user('x'.repeat(60)), old, ...user('z'.repeat(30)), old, ...user('say:ok')];
    const answer = await engine.chatCompletion({ messages, max_tokens: 100 });
    expect(answer.usage!.extra).toMatchObject({ dropped_messages: 2 });
    expect(await codeOf(engine.chatCompletion({ messages: user('x'.repeat(400)) }))).toBe('message-too-long');
  });

  test('a second request while one runs is refused, leaving early frees the engine', async () => {
    const { engine } = await loaded();
    const stream = await engine.chatCompletion({ messages: user('long'), stream: true });
    expect(await codeOf(engine.chatCompletion({ messages: user('hi') }))).toBe('busy');
    for await (const _ of stream) break;
    expect(await codeOf(engine.chatCompletion({ messages: user('hi') }))).toBe('no error');
    const unread = await engine.chatCompletion({ messages: user('long'), stream: true });
    await (unread as AsyncGenerator).return(undefined);
    expect(await codeOf(engine.chatCompletion({ messages: user('hi') }))).toBe('no error');
  });

  test('errors before and during an answer leave a usable engine', async () => {
    const { engine } = await loaded();
    expect(await codeOf(engine.chatCompletion({ messages: user('boom-first') }))).toBe('out-of-gpu-memory');
    const stream = await engine.chatCompletion({ messages: user('boom-mid'), stream: true });
    expect(await codeOf(read(stream))).toBe('device-lost');
    expect(await codeOf(engine.chatCompletion({ messages: user('hi') }))).toBe('no error');
  });

  test('a lost device ends the answer at once and the next load recovers', async () => {
    const { engine, runner, gpus } = await loaded();
    const stream = await engine.chatCompletion({ messages: user('long'), stream: true });
    runner.tokenMs = 1e6;
    await sleep(10);
    gpus[0]!.lose();
    expect(await codeOf(read(stream))).toBe('device-lost');
    expect(await codeOf(engine.chatCompletion({ messages: user('hi') }))).toBe('device-lost');
    await engine.reload('test');
    expect(gpus).toHaveLength(2);
    expect(await codeOf(engine.chatCompletion({ messages: user('hi') }))).toBe('no error');
  });
});

describe('the rest of the interface', () => {
  test('continues plain text, with the prompt in front when echo is set', async () => {
    const { engine } = await loaded();
    const answer = await engine.completion({ prompt: 'say:abc', echo: true });
    expect(answer).toMatchObject({ object: 'text_completion', choices: [{ text: 'say:abcabc' }] });
    const stream = await engine.completion({ prompt: 'say:abc', stream: true });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.text ?? '';
    expect(text).toBe('abc');
  });

  test('chat.completions.create and completions.create reach the same methods', async () => {
    const { engine } = await loaded();
    const answer = await engine.chat.completions.create({ messages: user('say:x') });
    expect(answer.choices[0]!.message.content).toBe('x');
    const completion = await engine.completions.create({ prompt: 'say:y' });
    expect(completion.choices[0]!.text).toBe('y');
  });

  test('statistics, reset, GPU facts, and one low-level step', async () => {
    const { engine, runner } = await loaded();
    await engine.chatCompletion({ messages: user('hi') });
    expect(await engine.runtimeStatsText()).toMatch(
      /^prefill: [\d.]+ tokens\/sec, decoding: [\d.]+ tokens\/sec$/,
    );
    await engine.resetChat();
    expect(runner.tokens).toEqual([]);
    expect(await engine.getMessage()).toBe('');
    expect(await engine.getGPUVendor()).toBe('test');
    expect(await engine.getMaxStorageBufferBindingSize()).toBe(128 << 20);
    expect(await engine.forwardTokensAndSample([...new TextEncoder().encode('say:q')], true)).toBe(113);
    expect(runner.tokens).toHaveLength(5);
    expect(await codeOf(engine.forwardTokensAndSample([999], false))).toBe('parameter-out-of-range');
    expect(await codeOf(engine.getMessage('other'))).toBe('model-unknown');
  });

  test('what it cannot do is refused', async () => {
    const { engine } = await loaded();
    expect(await codeOf(engine.embedding())).toBe('request-unsupported');
    expect(await codeOf(engine.resumeChatCompletion())).toBe('request-unsupported');
    expect(await engine.listResumableSessions()).toEqual([]);
  });
});
