/**
 * How fast a conversion is and how much memory it takes, on a random checkpoint of a published shape: a few
 * layers show both, because nothing grows with their number. Each measurement has a process of its own, since a
 * process never tells how much less it could have lived with.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BlockQuantizer } from '../convert/block-quantizer';
import { convertModel } from '../convert/convert-model';
import { gpuQuantizer } from '../engine/gpu-quantizer';
import { openDevice } from '../gpu/device';
import { QUANTIZATIONS, type Quantization } from '../models/architecture';
import { parseOptions, UsageError } from './args';
import { meterBuffers } from './buffer-meter';
import { folderFiles } from './folder-files';
import { folderSink } from './folder-sink';
import { MemoryMeter, type MemoryPeaks } from './memory-meter';
import { nodeQuantizer } from './node-quantizer';
import { synth } from './synth';
import { table } from './table';

const ROUNDINGS = ['plain', 'search'] as const;

/** What was asked for: 150 MB/s on two cores, 1 GB of JavaScript's memory, 512 MB on the GPU. */
const BARS = { megabytesPerSecond: 150, memoryMegabytes: 1000, gpuMegabytes: 512 };

interface Measured extends MemoryPeaks {
  readonly rounding: string;
  readonly inputBytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** 0 where threads quantise. */
  readonly gpuBytes: number;
}

const OPTIONS = {
  shape: { type: 'string', default: 'ziya-13b' },
  layers: { type: 'string', default: '2' },
  delta: { type: 'boolean', default: false },
  format: { type: 'string', default: 'safetensors' },
  dtype: { type: 'string', default: 'f16' },
  quantization: { type: 'string', default: 'q4f16_1' },
  rounding: { type: 'string', default: 'both' },
  gpu: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  scratch: { type: 'string', default: tmpdir() },
  /** Of the measuring process: a folder with `checkpoint` and, for a delta, `base`. */
  within: { type: 'string' },
} as const;

export async function benchConvert(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, OPTIONS);
  const quantization = QUANTIZATIONS.find((name) => name === options.quantization);
  if (!quantization) throw new UsageError(`--quantization is one of ${QUANTIZATIONS.join(', ')}.`);
  const roundings = ROUNDINGS.filter((name) => options.rounding === 'both' || options.rounding === name);
  const [first] = roundings;
  if (!first) throw new UsageError('--rounding is plain, search or both.');
  if (options.within !== undefined) {
    console.log(JSON.stringify(await measure(options.within, quantization, first, options.gpu)));
    return 0;
  }
  const scratch = await mkdtemp(join(options.scratch, 'aerie-bench-'));
  try {
    const { shape, layers, format, dtype } = options;
    const base = options.delta ? ['--delta-base', join(scratch, 'base')] : [];
    const wanted = ['--shape', shape, '--layers', layers, '--format', format, '--dtype', dtype];
    await onStandardError(() => synth([...wanted, ...base, '--out', join(scratch, 'checkpoint')]));
    const results: Measured[] = [];
    for (const rounding of roundings) {
      const how = ['--quantization', quantization, '--rounding', rounding, ...(options.gpu ? ['--gpu'] : [])];
      results.push(await measureApart(scratch, how));
    }
    if (options.json) console.log(JSON.stringify(results));
    else show(results, `${shape}, ${layers} layers${options.delta ? ', delta' : ''}, ${format} ${dtype}`);
    return 0;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Results alone go to standard output. */
async function onStandardError(work: () => Promise<unknown>): Promise<void> {
  const { log } = console;
  console.log = console.error;
  try {
    await work();
  } finally {
    console.log = log;
  }
}

async function measureApart(scratch: string, how: readonly string[]): Promise<Measured> {
  const program = fileURLToPath(new URL('./aerie.mjs', import.meta.url));
  const args = [program, 'bench-convert', '--within', scratch, ...how];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Measured;
}

/** The way of `aerie convert`: folder to folder, with threads for all cores, or on the GPU. */
async function measure(
  scratch: string,
  quantization: Quantization,
  rounding: 'plain' | 'search',
  onGpu: boolean,
): Promise<Measured> {
  const checkpoint = join(scratch, 'checkpoint');
  const base = (await readdir(scratch)).includes('base') ? join(scratch, 'base') : undefined;
  const inputBytes = (await readThrough(checkpoint)) + (base === undefined ? 0 : await readThrough(base));
  const out = join(scratch, 'package');
  const { quantizer, gpuBytes } = onGpu ? await deviceQuantizer() : await threads(inputBytes);
  const sink = folderSink(out);
  const meter = new MemoryMeter();
  const cpu = process.cpuUsage();
  const started = performance.now();
  try {
    await convertModel({
      source: folderFiles(checkpoint),
      base: base === undefined ? undefined : folderFiles(base),
      quantization,
      rounding,
      quantizer,
      sink,
      about: { name: 'random', licence: '' },
      onProgress: () => meter.sample(),
    });
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const cpuSeconds = (user + system) / 1e6;
    return { rounding, inputBytes, seconds, cpuSeconds, gpuBytes: gpuBytes(), ...meter.stop() };
  } finally {
    quantizer.dispose();
    await sink.close();
    await rm(out, { recursive: true, force: true });
  }
}

interface CountedQuantizer {
  readonly quantizer: BlockQuantizer;
  /** Most bytes of GPU buffers so far. */
  gpuBytes(): number;
}

async function threads(inputBytes: number): Promise<CountedQuantizer> {
  return { quantizer: await nodeQuantizer(inputBytes), gpuBytes: () => 0 };
}

/** Throws AppError `no-webgpu`, `no-adapter`, `limits-too-small`. */
async function deviceQuantizer(): Promise<CountedQuantizer> {
  // Dawn is loaded only where it is asked for.
  const { nodeGpu } = await import('../gpu/node-gpu');
  const gpu = await openDevice(nodeGpu());
  const buffers = meterBuffers(gpu.device);
  return { quantizer: gpuQuantizer(gpu), gpuBytes: buffers.peakBytes };
}

/** Reads all files once, so that the disk is out of the measurement. Resolves to the bytes of weights. */
async function readThrough(folder: string): Promise<number> {
  const block = new Uint8Array(1 << 20);
  let weightBytes = 0;
  for (const name of await readdir(folder)) {
    const file = await open(join(folder, name));
    for (;;) {
      const { bytesRead } = await file.read(block);
      if (bytesRead === 0) break;
      if (/\.(safetensors|bin)$/.test(name)) weightBytes += bytesRead;
    }
    await file.close();
  }
  return weightBytes;
}

function show(results: readonly Measured[], title: string): void {
  const mega = (bytes: number) => (bytes / 1e6).toFixed(0);
  const rows = results.map((result) => [
    result.rounding,
    mega(result.inputBytes),
    result.seconds.toFixed(1),
    (result.inputBytes / 1e6 / result.seconds).toFixed(0),
    result.cpuSeconds.toFixed(1),
    mega(result.heapBytes),
    mega(result.bufferBytes),
    mega(result.heapAndBufferBytes),
    mega(result.residentBytes),
    mega(result.residentBytes - result.residentBeforeBytes),
    mega(result.gpuBytes),
  ]);
  const head = [
    'rounding',
    'MB in',
    's',
    'MB/s',
    'CPU s',
    'heap MB',
    'buffers MB',
    'both MB',
    'RSS MB',
    'RSS grown MB',
    'GPU MB',
  ];
  console.log(`${title}\n${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown'}\n`);
  console.log(table([head, ...rows]));
  console.log(
    `\nBars: ${BARS.megabytesPerSecond} MB/s on two cores; ${BARS.memoryMegabytes} MB of heap and buffers; ` +
      `${BARS.gpuMegabytes} MB on the GPU. ` +
      'Heap and buffers are those of the main thread; RSS is the whole process with all its threads.',
  );
}
