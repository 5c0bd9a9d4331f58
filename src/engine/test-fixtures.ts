/** The tiny published-style checkpoints beside the checkout, converted in memory, with their golden answers. */
import { readFileSync } from 'node:fs';
import { folderFiles } from '../cli/folder-files';
import { convertModel } from '../convert/convert-model';
import { MemoryPlace } from '../convert/test-sink';
import { AppError } from '../core/errors';
import type { PackageFiles } from '../formats/package-files';
import type { Quantization } from '../models/architecture';
import { type ModelPackage, openPackage } from '../models/package';
import { sharedPath } from '../tasks/shared-data';

export interface GoldenGreedy {
  readonly messages: readonly { role: 'user' | 'assistant'; content: string }[];
  readonly input_ids: readonly number[];
  readonly q4f16_1: { readonly output_ids: readonly number[]; readonly text: string };
  readonly unquantised: { readonly output_ids: readonly number[]; readonly text: string };
}

export interface Golden {
  readonly eos_ids: readonly number[];
  readonly greedy: readonly GoldenGreedy[];
  readonly logits: readonly {
    readonly ids: readonly number[];
    readonly offset: number;
    readonly count: number;
  }[];
}

export const FIXTURES = {
  'tiny-aquila2-gqa-16k': { source: '.', base: undefined, tokenizer: undefined, vocabSize: 776 },
  'tiny-aquilachat': { source: '.', base: undefined, tokenizer: 'tokenizers/aquila', vocabSize: 100008 },
  'tiny-ziya': { source: 'delta', base: 'base-llama', tokenizer: undefined, vocabSize: undefined },
} as const;
export type FixtureName = keyof typeof FIXTURES;

/** Undefined where this machine does not have the fixtures. */
export function fixturePath(name: FixtureName): string | undefined {
  return sharedPath('fixtures', name);
}

export function golden(name: FixtureName): { cases: Golden; logits: (index: number) => Float32Array } {
  const folder = fixturePath(name)!;
  const cases = JSON.parse(readFileSync(`${folder}/golden.json`, 'utf8')) as Golden;
  const bytes = new Uint8Array(readFileSync(`${folder}/golden-logits.f32`)).buffer;
  return {
    cases,
    logits: (index) => {
      const { offset, count } = cases.logits[index]!;
      return new Float32Array(bytes, offset, count);
    },
  };
}

/** L2 norm of the difference over that of `expected`. */
export function relativeError(found: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let norm = 0;
  for (const [index, value] of expected.entries()) {
    difference += (found[index]! - value) ** 2;
    norm += value ** 2;
  }
  return Math.sqrt(difference / norm);
}

const converted = new Map<string, Promise<ModelPackage>>();

/** A fixture as a package of the given quantisation, made once per process. */
export function fixturePackage(name: FixtureName, quantization: Quantization): Promise<ModelPackage> {
  const key = `${name} ${quantization}`;
  let made = converted.get(key);
  if (!made) {
    made = convert(name, quantization);
    converted.set(key, made);
  }
  return made;
}

async function convert(name: FixtureName, quantization: Quantization): Promise<ModelPackage> {
  const { source, base, tokenizer } = FIXTURES[name];
  const folder = fixturePath(name)!;
  const place = new MemoryPlace();
  await convertModel({
    source: folderFiles(`${folder}/${source}`),
    base: base === undefined ? undefined : folderFiles(`${folder}/${base}`),
    tokenizer: tokenizer === undefined ? undefined : folderFiles(sharedPath(tokenizer)!),
    quantization,
    sink: place.open(),
    about: { name, licence: '' },
  });
  return openPackage(memoryFiles(place.finished!));
}

function memoryFiles(stored: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): PackageFiles {
  const get = (file: string) => {
    const bytes = stored.get(file);
    if (!bytes) throw new AppError('file-missing', { file });
    return bytes;
  };
  return {
    list: async () => [...stored].map(([name, bytes]) => ({ name, sizeBytes: bytes.byteLength })),
    read: async (file) => get(file),
    readRange: async (file, start, end) => get(file).slice(start, end),
  };
}
