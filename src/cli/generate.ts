import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { AppError } from '../core/errors';
import type { EngineOptions } from '../engine/engine-options';
import { type GenerationFigures, generate as run } from '../engine/generation';
import type { ModelText, TextPrompt } from '../engine/model-text';
import type { GenerationSettings } from '../engine/request';
import { parseJson } from '../formats/json';
import { parseOptions, required, UsageError } from './args';
import { type OpenModel, openModel } from './open-model';

const Messages = v.array(
  v.object({ role: v.picklist(['system', 'user', 'assistant']), content: v.string() }),
);

const OPTIONS = {
  model: { type: 'string' },
  prompt: { type: 'string' },
  messages: { type: 'string' },
  ids: { type: 'string' },
  'max-tokens': { type: 'string' },
  temperature: { type: 'string' },
  'top-k': { type: 'string' },
  'top-p': { type: 'string' },
  seed: { type: 'string' },
  'repetition-penalty': { type: 'string' },
  int8: { type: 'boolean', default: false },
  'int8-kv': { type: 'boolean', default: false },
  speculation: { type: 'string', default: 'auto' },
  json: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parseOptions<typeof OPTIONS>>;

/** Continues a prompt: text as it stands, a conversation in the model's format, or token ids. */
export async function generate(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, OPTIONS);
  const folder = required(options.model, '--model');
  const prompt = await readPrompt(options);
  const sampling = readSampling(options);
  const opened = await openModel(folder, readEngineOptions(options));
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal);
  try {
    const { text, runner } = opened;
    const filled = prompt(text, runner.contextLength, sampling.maxTokens);
    const settings = settingsOf(text, sampling);
    const outputIds: number[] = [];
    let answer = '';
    const figures = await run({
      runner,
      tokenizer: text.tokenizer,
      // As JSON the text is exactly what the ids say; for reading, without the space the model begins with.
      prompt: options.json ? { ...filled, lead: '' } : filled,
      settings,
      signal: stop.signal,
      emit: (piece) => {
        for (const { id } of piece.tokens) outputIds.push(id);
        answer += piece.text;
        if (!options.json) process.stdout.write(piece.text);
      },
    });
    if (options.json) console.log(JSON.stringify(report(opened, filled, { outputIds, answer, figures })));
    else process.stdout.write('\n');
    return 0;
  } finally {
    process.off('SIGINT', onSignal);
    opened.runner.dispose();
    opened.text.tokenizer.dispose();
  }
}

interface Sampling {
  readonly maxTokens: number | undefined;
  readonly temperature: number | undefined;
  readonly topK: number | undefined;
  readonly topP: number | undefined;
  readonly seed: number | undefined;
  readonly repetitionPenalty: number | undefined;
}

function readSampling(options: Values): Sampling {
  return {
    maxTokens: number(options, 'max-tokens', { min: 1, isInteger: true }),
    temperature: number(options, 'temperature', { min: 0 }),
    topK: number(options, 'top-k', { min: 0, isInteger: true }),
    topP: number(options, 'top-p', { min: 0, max: 1 }),
    seed: number(options, 'seed', { min: Number.MIN_SAFE_INTEGER, isInteger: true }),
    repetitionPenalty: number(options, 'repetition-penalty', { min: 1e-3 }),
  };
}

const SPECULATIONS = ['auto', 'off', 'always'] as const;

/** Throws UsageError. */
function readEngineOptions(options: Values): EngineOptions {
  const speculation = SPECULATIONS.find((name) => name === options.speculation);
  if (!speculation) throw new UsageError(`Option --speculation must be ${SPECULATIONS.join(', ')}.`);
  return { int8Activations: options.int8, int8Kv: options['int8-kv'], speculation };
}

/** Value of a numeric option; throws UsageError when it is no number in the range. */
function number(
  options: Values,
  name: 'max-tokens' | 'temperature' | 'top-k' | 'top-p' | 'seed' | 'repetition-penalty',
  {
    min,
    max = Number.MAX_SAFE_INTEGER,
    isInteger = false,
  }: { min: number; max?: number; isInteger?: boolean },
): number | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= min && value <= max) || (isInteger && !Number.isInteger(value))) {
    throw new UsageError(
      `Option --${name} must be ${isInteger ? 'a whole number' : 'a number'} in its range.`,
    );
  }
  return value;
}

/** The model's own settings where an option names none; a random seed, which the report tells. */
function settingsOf({ defaults, stopIds, stopStrings }: ModelText, sampling: Sampling): GenerationSettings {
  return {
    sampler: {
      order: defaults.samplerOrder,
      temperature: sampling.temperature ?? defaults.temperature,
      topK: sampling.topK ?? defaults.topK,
      topP: sampling.topP ?? defaults.topP,
      repetitionPenalty: sampling.repetitionPenalty ?? defaults.repetitionPenalty,
      presencePenalty: defaults.presencePenalty,
      frequencyPenalty: defaults.frequencyPenalty,
      logitBias: new Map(),
      banned: [],
      seed: sampling.seed ?? Math.floor(Math.random() * 2 ** 32),
      topLogprobs: undefined,
    },
    maxTokens: sampling.maxTokens ?? defaults.maxTokens,
    askedTokens: sampling.maxTokens,
    stopIds,
    stopStrings,
    isStream: true,
    includeUsage: true,
  };
}

type PromptMaker = (text: ModelText, contextLength: number, maxTokens: number | undefined) => TextPrompt;

/** Exactly one of --prompt, --messages and --ids, checked before the model is loaded. */
async function readPrompt({ prompt, messages, ids }: Values): Promise<PromptMaker> {
  if ([prompt, messages, ids].filter((value) => value !== undefined).length !== 1) {
    throw new UsageError('Exactly one of --prompt, --messages and --ids is required.');
  }
  if (prompt !== undefined) return (text) => text.fillCompletion(prompt);
  if (ids !== undefined) {
    const list = ids.split(',').map((part) => Number(part.trim() === '' ? Number.NaN : part));
    if (!list.every((id) => Number.isInteger(id) && id >= 0))
      throw new UsageError('--ids takes ids like 1,2,3.');
    return () => ({ ids: list, droppedMessages: 0, lead: '' });
  }
  const file = messages ?? '';
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new AppError('file-missing', { file }, error);
  });
  const parsed = v.safeParse(Messages, parseJson(bytes, file));
  if (!parsed.success)
    throw new AppError('format-invalid', { file, reason: 'not an array of {role, content}' });
  return (text, contextLength, maxTokens) => text.fillChat(parsed.output, contextLength, maxTokens);
}

/** What `--json` prints. */
function report(
  { gpu, runner }: OpenModel,
  prompt: TextPrompt,
  { outputIds, answer, figures }: { outputIds: number[]; answer: string; figures: GenerationFigures },
) {
  const timing = runner.timing();
  const perSecond = (tokens: number, ms: number) => (ms > 0 ? (1000 * tokens) / ms : 0);
  return {
    input_ids: prompt.ids,
    output_ids: outputIds,
    text: answer,
    finish_reason: figures.finishReason,
    usage: {
      prompt_tokens: figures.promptTokens,
      completion_tokens: outputIds.length,
      total_tokens: figures.promptTokens + outputIds.length,
      dropped_messages: prompt.droppedMessages,
      drafted_tokens: figures.draftedTokens,
      accepted_tokens: figures.acceptedTokens,
    },
    timing: {
      first_token_ms: figures.firstTokenMs,
      prefill_tokens_per_s: perSecond(timing.prefillTokens, timing.prefillMs),
      decode_tokens_per_s: perSecond(timing.decodeTokens, timing.decodeMs),
      dispatches_per_token: runner.dispatchesPerToken,
    },
    load: {
      total_ms: runner.load.totalMs,
      read_ms: runner.load.readMs,
      upload_ms: runner.load.uploadMs,
      compile_ms: runner.load.compileMs,
      weights_bytes: runner.load.weightsBytes,
    },
    adapter: gpu.name,
  };
}
