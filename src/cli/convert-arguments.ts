import { basename, resolve } from 'node:path';
import type { Rounding } from '../convert/block-quantizer';
import { AppError } from '../core/errors';
import { QUANTIZATIONS, type Quantization } from '../models/architecture';
import { TEMPLATES, type TemplateName } from '../models/templates';
import { parseOptions, required, UsageError } from './args';
import { isOccupied } from './folder-sink';
import { localFolder } from './open-checkpoint';

const TEMPLATE_NAMES = Object.keys(TEMPLATES) as TemplateName[];
const ROUNDINGS: readonly Rounding[] = ['plain', 'search'];

export interface ConvertArguments {
  /** Sources as they were written. */
  readonly source: string;
  readonly base: string | undefined;
  readonly lora: string | undefined;
  readonly tokenizer: string | undefined;
  readonly out: string;
  readonly quantization: Quantization;
  readonly rounding: Rounding | undefined;
  /** A file. */
  readonly importance: string | undefined;
  readonly template: TemplateName | undefined;
  readonly name: string | undefined;
  readonly licence: string | undefined;
  /** Where a folder came from, as `aerie.json` shall say; undefined: the source says it itself. */
  readonly origin: string | undefined;
  readonly revision: string | undefined;
  readonly token: string | undefined;
  readonly shardBytes: number | undefined;
  readonly isRestart: boolean;
  readonly json: boolean;
}

/** Throws UsageError and `quantization-unknown`, all before anything is read or written. */
export async function readArguments(args: readonly string[]): Promise<ConvertArguments> {
  const values = parseOptions(args, {
    source: { type: 'string' },
    out: { type: 'string' },
    quantization: { type: 'string', default: 'q4f16_1' },
    rounding: { type: 'string' },
    importance: { type: 'string' },
    base: { type: 'string' },
    lora: { type: 'string' },
    tokenizer: { type: 'string' },
    template: { type: 'string' },
    name: { type: 'string' },
    origin: { type: 'string' },
    revision: { type: 'string' },
    licence: { type: 'string' },
    token: { type: 'string' },
    shards: { type: 'string' },
    force: { type: 'boolean', default: false },
    restart: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  });
  const { base, lora, tokenizer, importance, name, origin, revision, licence, json } = values;
  const source = required(values.source, '--source');
  const out = required(values.out, '--out');
  const quantization = QUANTIZATIONS.find((known) => known === values.quantization);
  if (quantization === undefined) {
    throw new AppError('quantization-unknown', { quantization: values.quantization });
  }
  if (!values.force && (await isOccupied(out))) {
    throw new UsageError(`${out} is there already; --force replaces it.`);
  }
  for (const input of [source, base, lora, tokenizer]) {
    const folder = input === undefined ? undefined : localFolder(input);
    if (folder !== undefined && isInside(folder, out)) {
      throw new UsageError(`--out ${out} would replace ${folder}.`);
    }
  }
  return {
    ...{
      source,
      base,
      lora,
      tokenizer,
      out,
      quantization,
      importance,
      name,
      origin,
      revision,
      licence,
      json,
    },
    rounding: oneOf(values.rounding, ROUNDINGS, 'rounding'),
    template: oneOf(values.template, TEMPLATE_NAMES, 'template'),
    token: values.token ?? process.env.HF_TOKEN,
    shardBytes: megabytesOf(values.shards, '--shards'),
    isRestart: values.restart,
  };
}

/** What to call a model that the catalogue does not know: the last part of where it came from. */
export function nameOfSource(source: string): string {
  if (localFolder(source) !== undefined) return basename(resolve(source));
  return (
    source
      .replace(/[?#@].*$/, '')
      .replace(/\/+$/, '')
      .split(/[/:]/)
      .at(-1) || source
  );
}

function oneOf<T extends string>(
  value: string | undefined,
  known: readonly T[],
  what: string,
): T | undefined {
  const found = known.find((name) => name === value);
  if (value === undefined || found !== undefined) return found;
  throw new UsageError(`There is no ${what} ${value}; known are ${known.join(', ')}.`);
}

function megabytesOf(value: string | undefined, option: string): number | undefined {
  if (value === undefined) return undefined;
  const megabytes = Number(value);
  if (!(megabytes > 0 && megabytes <= 4096))
    throw new UsageError(`${option} ${value} is no number of megabytes.`);
  return Math.round(megabytes * 1e6);
}

function isInside(input: string, out: string): boolean {
  return `${resolve(input)}/`.startsWith(`${resolve(out)}/`);
}
