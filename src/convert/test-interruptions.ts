/**
 * Conversions that are cut off at random points and taken up again, over any place for packages. However often
 * that happens, the package is the one that an undisturbed conversion makes, nothing appears before, and no
 * matrix of a finished shard is read again.
 */
import { expect, test } from 'vitest';
import { AppError } from '../core/errors';
import type { CheckpointFiles } from '../formats/package-files';
import type { PackageSink, WrittenFile } from '../formats/package-sink';
import { readSafetensors } from '../formats/safetensors';
import { type MemoryFolder, memoryFiles } from '../formats/test-files';
import { readHfConfig } from '../models/read-config';
import { partsOf } from './checkpoint-names';
import { type ConvertOptions, convertModel } from './convert-model';
import type { ConvertProgress } from './progress';
import { layoutShards } from './shard-layout';
import { checkpointFolder, memoryCheckpoint, randomTensors, TEST_CONFIG } from './test-checkpoint';
import { expectGoodProgress } from './test-progress';
import { MemoryPlace } from './test-sink';
import type { SinkPlace } from './test-sink-contract';

const WEIGHTS = 'model.safetensors';
const SHARD_BYTES = 12_000;
const POINTS = 30;
/** A head that is in the file although it is the embedding must not be read. */
const CONFIG = { ...TEST_CONFIG, num_hidden_layers: 6, tie_word_embeddings: true };

/** Places in a conversion where it may be cut off. */
const FAULTS = [
  'read-fails',
  'read-hangs',
  'stopped',
  'before-write',
  'in-write',
  'after-write',
  'before-begin',
  'after-begin',
  'before-finish',
] as const;

interface Fault {
  readonly kind: (typeof FAULTS)[number];
  /** Bytes read, or files written, until it strikes. */
  readonly after: number;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

class Cut extends AppError {
  constructor() {
    super('download-failed', { reason: 'cut' });
  }
}

/** Checkpoint files that note what is read and fail as ordered. */
function faultyFiles(files: CheckpointFiles, fault: Fault | undefined, stop: AbortController) {
  const reads: { start: number; end: number }[] = [];
  let readBytes = 0;
  const faulty: CheckpointFiles = {
    ...files,
    async readRange(name, start, end) {
      // The header comes with a little of what follows it.
      if (name === WEIGHTS && start > 0) reads.push({ start, end });
      readBytes += end - start;
      if (fault && readBytes > fault.after) {
        if (fault.kind === 'read-fails') throw new Cut();
        if (fault.kind === 'stopped') stop.abort();
        if (fault.kind === 'read-hangs') {
          setTimeout(() => stop.abort(), 1);
          return new Promise(() => {});
        }
      }
      return files.readRange(name, start, end);
    },
  };
  return { files: faulty, reads };
}

/** A sink that fails as ordered around the calls of the real one, and notes what it found. */
function faultySink(sink: PackageSink, fault: Fault | undefined, onCut: (() => void) | undefined) {
  const found: { files: ReadonlyMap<string, WrittenFile> } = { files: new Map() };
  let written = 0;
  const cut = (kind: Fault['kind']) => {
    if (fault?.kind === kind && written >= fault.after) throw new Cut();
  };
  const faulty: PackageSink = {
    async begin(outline) {
      cut('before-begin');
      found.files = new Map(await sink.begin(outline));
      cut('after-begin');
      return found.files;
    },
    async write(file, bytes) {
      cut('before-write');
      if (fault?.kind === 'in-write' && written >= fault.after) {
        if (!onCut) throw new Cut();
        onCut();
      }
      await sink.write(file, bytes);
      written++;
      cut('after-write');
    },
    async finish() {
      if (fault?.kind === 'before-finish') throw new Cut();
      await sink.finish();
    },
  };
  return { sink: faulty, found };
}

function faultOf(random: () => number, inputBytes: number, files: number): Fault {
  const kind = FAULTS[Math.floor(random() * FAULTS.length)]!;
  const isRead = kind.startsWith('read') || kind === 'stopped';
  if (kind.endsWith('begin')) return { kind, after: 0 };
  return { kind, after: Math.floor(random() * (isRead ? inputBytes : files)) };
}

export interface InterruptiblePlace extends SinkPlace {
  /** Lets the next write of a file die in its middle, where the place can do that. */
  readonly cutNextWrite?: () => void;
}

export function interruptionContract(
  makePlace: () => InterruptiblePlace | Promise<InterruptiblePlace>,
): void {
  test(`cut off at ${POINTS} points, it ends identical or is resumable`, { timeout: 120_000 }, async () => {
    const folder = checkpointFolder(randomTensors('F16', CONFIG), CONFIG);
    const inputBytes = folder.get(WEIGHTS)!.length;
    const options = (more: Partial<ConvertOptions>): ConvertOptions => ({
      source: memoryCheckpoint(folder),
      quantization: 'q4f16_1',
      shardBytes: SHARD_BYTES,
      about: { name: 'test', licence: '' },
      sink: new MemoryPlace().open(),
      ...more,
    });
    const reference = new MemoryPlace();
    await convertModel(options({ sink: reference.open() }));
    const expected = reference.finished!;
    const ranges = await shardRanges(folder);

    let place = await makePlace();
    const random = seeded(42);
    const struck = new Set<string>();
    for (let point = 0; point < POINTS; ) {
      const fault = random() < 0.25 ? undefined : faultOf(random, inputBytes, expected.size);
      const stop = new AbortController();
      const inner = await place.open();
      const { files, reads } = faultyFiles(memoryCheckpoint(folder), fault, stop);
      const { sink, found } = faultySink(inner, fault, place.cutNextWrite);
      const progress: ConvertProgress[] = [];
      const onProgress = (report: ConvertProgress) => progress.push(report);
      const error = await convertModel(
        options({ source: files, sink, signal: stop.signal, onProgress }),
      ).then(
        () => undefined,
        (cause: unknown) => AppError.from(cause),
      );
      await place.end(inner);
      for (const name of found.files.keys()) {
        const again = ranges.get(name)?.some((range) => reads.some((read) => overlaps(range, read)));
        expect(again ?? false, `${name} is read again`).toBe(false);
      }
      const package_ = await place.finished();
      if (error) {
        expect(['download-failed', 'aborted']).toContain(error.code);
        expect(package_).toBeUndefined();
        struck.add(fault!.kind);
        point++;
        continue;
      }
      expect(differences(package_, expected)).toEqual([]);
      expectGoodProgress(progress);
      place = await makePlace();
    }
    expect([...struck].sort()).toEqual([...FAULTS].sort());
  });
}

const overlaps = (a: { start: number; end: number }, b: { start: number; end: number }) =>
  a.start < b.end && b.start < a.end;

/** Where the matrices of each shard lie in the checkpoint. */
async function shardRanges(folder: MemoryFolder): Promise<Map<string, { start: number; end: number }[]>> {
  const architecture = readHfConfig(CONFIG, 'q4f16_1');
  const tensors = await readSafetensors(memoryFiles(folder), WEIGHTS, folder.get(WEIGHTS)!.length);
  const { shards } = layoutShards(architecture, SHARD_BYTES);
  expect(shards.length).toBeGreaterThan(6);
  return new Map(
    shards.map(({ name, tensors: held }) => [
      name,
      held.flatMap((tensor) =>
        partsOf(tensor, architecture).map((part) => {
          const { byteOffset, sizeBytes } = new Map(tensors).get(part.name)!;
          return { start: byteOffset, end: byteOffset + sizeBytes };
        }),
      ),
    ]),
  );
}

/** Names of files that are not the same in both. */
export function differences(actual: MemoryFolder | undefined, expected: MemoryFolder): string[] {
  const names = new Set([...expected.keys(), ...(actual?.keys() ?? [])]);
  return [...names].filter((name) => {
    const [a, b] = [actual?.get(name), expected.get(name)];
    return a === undefined || b === undefined || Buffer.compare(a, b) !== 0;
  });
}
