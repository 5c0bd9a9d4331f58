import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { convertModel } from '../convert/convert-model';
import type { ConvertProgress } from '../convert/convert-weights';
import { AppError } from '../core/errors';
import { QUANTIZATIONS } from '../models/architecture';
import { TEMPLATES, type TemplateName } from '../models/templates';
import { parseOptions, required, UsageError } from './args';
import { folderFiles } from './folder-files';
import { folderSink, isOccupied } from './folder-sink';

const TEMPLATE_NAMES = Object.keys(TEMPLATES) as TemplateName[];

/** A published checkpoint to a package folder. */
export async function convert(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {
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
  const source = required(options.source, '--source');
  const out = required(options.out, '--out');
  const quantization = QUANTIZATIONS.find((name) => name === options.quantization);
  if (quantization === undefined) {
    throw new AppError('quantization-unknown', { quantization: options.quantization });
  }
  const template = TEMPLATE_NAMES.find((name) => name === options.template);
  if (options.template !== undefined && template === undefined) {
    throw new UsageError(`There is no template ${options.template}; known are ${TEMPLATE_NAMES.join(', ')}.`);
  }
  if (!options.force && (await isOccupied(out))) {
    throw new UsageError(`${out} is there already; --force replaces it.`);
  }
  for (const input of [source, options.base, options.tokenizer]) {
    if (input === undefined) continue;
    if (!existsSync(input)) throw new AppError('file-missing', { file: input });
    if (isInside(input, out)) throw new UsageError(`--out ${out} would replace ${input}.`);
  }
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const sink = await folderSink(out);
  const name = options.name ?? basename(resolve(source));
  try {
    const started = performance.now();
    const {
      files,
      architecture,
      template: chosen,
    } = await convertModel({
      source: folderFiles(source),
      base: options.base === undefined ? undefined : folderFiles(options.base),
      tokenizer: options.tokenizer === undefined ? undefined : folderFiles(options.tokenizer),
      quantization,
      template,
      sink,
      about: { name, source: options.origin, revision: options.revision, licence: options.licence },
      onProgress: progressPrinter(),
      signal: stop.signal,
    });
    await sink.commit();
    const seconds = (performance.now() - started) / 1000;
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    if (options.json)
      console.log(JSON.stringify({ out, name, template: chosen, sizeBytes, seconds, architecture, files }));
    else {
      const size = `${files.length + 1} files, ${megabytes(sizeBytes)} MB, ${seconds.toFixed(1)} s`;
      console.log(`${out}: ${size}, prompt format ${chosen}`);
    }
    return 0;
  } catch (error) {
    await sink.discard();
    throw error;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function isInside(input: string, out: string): boolean {
  return `${resolve(input)}/`.startsWith(`${resolve(out)}/`);
}

/** One line that rewrites itself on a terminal; elsewhere a line per tenth of the way. */
function progressPrinter(): (progress: ConvertProgress) => void {
  const isTerminal = process.stderr.isTTY;
  let shown = -1;
  return ({ tensor, doneBytes, totalBytes }) => {
    const percent = Math.floor((100 * doneBytes) / totalBytes);
    const step = isTerminal ? percent : Math.floor(percent / 10);
    if (step === shown) return;
    shown = step;
    const line = `${percent} % of ${megabytes(totalBytes)} MB  ${tensor}`;
    if (!isTerminal) console.error(line);
    else process.stderr.write(`\r\x1b[K${line}${doneBytes === totalBytes ? '\n' : ''}`);
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
