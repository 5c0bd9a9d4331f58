/** Files, a server and comparisons that the tests of the sources share. */
import { expect } from 'vitest';
import { AppError } from '../../core/errors';
import type { CheckpointFiles } from '../../formats/package-files';
import { openSource } from './open-source';
import type { SourceTiming } from './patience';
import type { SourceSpec } from './source-spec';
import type { SourceServer } from './test-source-server';

export const MODEL = 'model-00001-of-00002.safetensors';
export const BIG = randomBytes(3_000_000, 1);
const SECOND = 'model-00002-of-00002.safetensors';

/** A sharded checkpoint, as far as its files go. */
export const FILES: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  'config.json': text('{"model_type":"llama"}'),
  'tokenizer.json': randomBytes(700_000, 3),
  'model.safetensors.index.json': text(JSON.stringify({ weight_map: { a: MODEL, b: SECOND } })),
  [MODEL]: BIG,
  [SECOND]: randomBytes(1_500_000, 2),
};

/** Short pauses; a stall is long enough for a busy machine. */
export const QUICK: Partial<SourceTiming> = {
  stallMs: 10_000,
  retries: 4,
  pauseMs: 2,
  maxPauseMs: 10,
  maxWaitMs: 1500,
  forgiveBytes: 200_000,
};

export type Open = (about?: { signal?: AbortSignal; stallMs?: number }) => Promise<CheckpointFiles>;

/** The server's checkpoint through each source of the network. */
export function networkSources(server: () => SourceServer): Record<string, Open> {
  const open = (spec: () => SourceSpec): Open => {
    return ({ signal, stallMs = 10_000 } = {}) => {
      const { origin } = server();
      const hosts = { huggingFace: origin, modelScope: origin };
      return openSource(spec(), { signal, timing: { ...QUICK, stallMs }, hosts });
    };
  };
  return {
    'Hugging Face': open(() => ({ kind: 'hugging-face', repo: server().repo, revision: 'main' })),
    ModelScope: open(() => ({ kind: 'modelscope', repo: server().repo, revision: 'master' })),
    'an address': open(() => ({ kind: 'url', url: server().folder() })),
  };
}

export function text(value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(value);
}

/** The same bytes for the same seed (xorshift). */
export function randomBytes(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed * 2654435761;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer).slice(0, length);
}

export async function joined(pieces: readonly Uint8Array<ArrayBuffer>[]): Promise<Uint8Array> {
  return new Uint8Array(await new Blob([...pieces]).arrayBuffer());
}

/** Vitest compares arrays element by element, which takes seconds. */
export function expectBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  expect(Buffer.compare(actual, expected)).toBe(0);
}

export async function errorOf(promise: Promise<unknown>): Promise<AppError> {
  return promise.then(
    () => new AppError('internal', { message: 'nothing was thrown' }),
    (error: unknown) => AppError.from(error),
  );
}

export const codeOf = async (promise: Promise<unknown>) => (await errorOf(promise)).code;

export async function drain(pieces: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of pieces);
}

export const hostOf = ({ origin }: SourceServer) => new URL(origin).host;

export async function streamed(files: CheckpointFiles, name: string, start: number, end: number) {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of files.stream!(name, start, end)) pieces.push(piece);
  return joined(pieces);
}
