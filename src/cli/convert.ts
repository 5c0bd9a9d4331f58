import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type ConvertOptions, type ConvertResult, convertModel } from '../convert/convert-model';
import type { ConvertProgress } from '../convert/convert-weights';
import { AppError } from '../core/errors';
import { QUANTIZATIONS, type Quantization } from '../models/architecture';
import { TEMPLATES, type TemplateName } from '../models/templates';
import { parseOptions, required, UsageError } from './args';
import { folderFiles } from './folder-files';
import { folderSink, isOccupied } from './folder-sink';

const TEMPLATE_NAMES = Object.keys(TEMPLATES) as TemplateName[];

/** A published checkpoint to a package folder. */
export async function convert(args: readonly string[]): Promise<number> {
  const options = await readOptions(args);
  const { source, base, tokenizer, out, about } = options;
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const sink = await folderSink(out);
  const progress = progressLine();
  const started = performance.now();
  try {
    const result = await convertModel({
      source: folderFiles(source),
      base: base === undefined ? undefined : folderFiles(base),
      tokenizer: tokenizer === undefined ? undefined : folderFiles(tokenizer),
      quantization: options.quantization,
      template: options.template,
      sink,
      about,
      onProgress: progress.show,
      signal: stop.signal,
    });
    await sink.commit();
    progress.end();
    report(options, result, (performance.now() - started) / 1000);
    return 0;
  } catch (error) {
    progress.end();
    await sink.discard();
    throw error;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

interface Options {
  readonly source: string;
  readonly base: string | undefined;
  readonly tokenizer: string | undefined;
  readonly out: string;
  readonly quantization: Quantization;
  readonly template: TemplateName | undefined;
  readonly about: ConvertOptions['about'];
  readonly json: boolean;
}

/** Throws UsageError, `quantization-unknown`, `file-missing`, all before anything is written. */
async function readOptions(args: readonly string[]): Promise<Options> {
  const values = parseOptions(args, {
    source: { type: 'string' },
    out: { type: 'string' },
    quantization: { type: 'string', default: 'q4f16_1' },
    base: { type: 'string' },
    tokenizer: { type: 'string' },
    template: { type: 'string' },
    name: { type: 'string' },
    origin: { type: 'string', default: '' },
    revision: { type: 'string', default: '' },
    licence: { type: 'string', default: '' },
    force: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  });
  const { base, tokenizer, origin, revision, licence, json } = values;
  const source = required(values.source, '--source');
  const out = required(values.out, '--out');
  const quantization = QUANTIZATIONS.find((name) => name === values.quantization);
  if (quantization === undefined) {
    throw new AppError('quantization-unknown', { quantization: values.quantization });
  }
  const template = TEMPLATE_NAMES.find((name) => name === values.template);
  if (values.template !== undefined && template === undefined) {
    throw new UsageError(`There is no template ${values.template}; known are ${TEMPLATE_NAMES.join(', ')}.`);
  }
  if (!values.force && (await isOccupied(out))) {
    throw new UsageError(`${out} is there already; --force replaces it.`);
  }
  for (const input of [source, base, tokenizer]) {
    if (input === undefined) continue;
    if (!existsSync(input)) throw new AppError('file-missing', { file: input });
    if (isInside(input, out)) throw new UsageError(`--out ${out} would replace ${input}.`);
  }
  const about = { name: values.name ?? basename(resolve(source)), source: origin, revision, licence };
  return { source, base, tokenizer, out, quantization, template, about, json };
}

function report({ out, about, json }: Options, result: ConvertResult, seconds: number): void {
  const { files, architecture, template } = result;
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  if (json) {
    console.log(JSON.stringify({ out, name: about.name, template, sizeBytes, seconds, architecture, files }));
    return;
  }
  const size = `${files.length + 1} files, ${megabytes(sizeBytes)} MB, ${seconds.toFixed(1)} s`;
  console.log(`${out}: ${size}, prompt format ${template}`);
}

function isInside(input: string, out: string): boolean {
  return `${resolve(input)}/`.startsWith(`${resolve(out)}/`);
}

/** One line that rewrites itself on a terminal; elsewhere a line per tenth of the way. */
function progressLine() {
  const isTerminal = process.stderr.isTTY;
  let shown = -1;
  return {
    show({ tensor, doneBytes, totalBytes }: ConvertProgress): void {
      const percent = Math.floor((100 * doneBytes) / totalBytes);
      const step = isTerminal ? percent : Math.floor(percent / 10);
      if (step === shown) return;
      shown = step;
      const line = `${percent} % of ${megabytes(totalBytes)} MB  ${tensor}`;
      if (isTerminal) process.stderr.write(`\r\x1b[K${line}`);
      else console.error(line);
    },
    /** Leaves the line, so that what follows starts on its own. */
    end(): void {
      if (isTerminal && shown >= 0) process.stderr.write('\n');
      shown = -1;
    },
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
