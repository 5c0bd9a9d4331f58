/**
 * A random package (q4f16_1) without the checkpoint on the way: codes and scales are rows of the quantised
 * pool, so it holds, byte for byte, what plain rounding makes of the f16 checkpoint of the same seed.
 */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chatConfig } from '../../convert/chat-config';
import { partsOf } from '../../convert/checkpoint-names';
import { aerieBytes, mlcManifestBytes } from '../../convert/package-texts';
import { quantizeHalves } from '../../convert/quantize';
import { readTokenizer } from '../../convert/read-tokenizer';
import { layoutShards, type ShardLayout } from '../../convert/shard-layout';
import { AERIE_MANIFEST_NAME } from '../../formats/aerie-manifest';
import { sha256Hex } from '../../formats/hash';
import { jsonBytes } from '../../formats/json';
import { MANIFEST_NAMES } from '../../formats/mlc-manifest';
import type { WrittenFile } from '../../formats/package-sink';
import type { Architecture } from '../../models/architecture';
import { CHAT_CONFIG_NAME } from '../../models/package';
import { type LogicalTensor, storedSpecs } from '../../models/tensor-plan';
import { folderFiles } from '../folder-files';
import { inDtype, normValues, poolBlocks, poolValues, WEIGHTS } from './random-weights';
import { GROUP, POOL_GROUPS, RowPool } from './row-pool';
import { publishedConfig, type Shape } from './shapes';
import { StreamFile } from './stream-file';

export interface PackageOrder {
  /** Holds the tokenizer's files already. */
  readonly folder: string;
  readonly name: string;
  readonly shape: Shape;
  readonly seed: number;
  readonly onBytes: (bytes: number) => void;
}

/** Bytes of the groups of 32 values: eight codes in each of four words, and one f16. */
const WORD_BYTES = GROUP / 2;
const SCALE_BYTES = 2;

/** Resolves to the bytes of all files. Throws AppError `storage-full`, `storage-failed`, `tokenizer-invalid`. */
export async function writePackage(order: PackageOrder): Promise<number> {
  const { folder, shape, name } = order;
  const architecture: Architecture = { ...shape.architecture, quantization: 'q4f16_1' };
  const tokenizer = await readTokenizer(folderFiles(folder), architecture);
  const layout = layoutShards(architecture);
  const shards = await writeShards(order, architecture, layout);
  const chat = chatConfig({
    architecture,
    config: publishedConfig(shape, 'float16'),
    tokenizerFiles: [...tokenizer.files.keys()],
    specials: tokenizer.specials,
    names: [name],
    isMergedDelta: false,
    template: undefined,
  });
  const texts = new Map(tokenizer.files)
    .set(CHAT_CONFIG_NAME, jsonBytes(chat.json))
    .set(MANIFEST_NAMES[0], mlcManifestBytes(layout, shards));
  const files: WrittenFile[] = [...shards];
  for (const [file, bytes] of texts) {
    await writeFile(join(folder, file), bytes);
    files.push({ name: file, sizeBytes: bytes.length, sha256: await sha256Hex(bytes) });
  }
  const { quantization } = architecture;
  const origin = { source: 'random', revision: '', licence: 'CC0-1.0', converterVersion: 'synth' };
  await writeFile(
    join(folder, AERIE_MANIFEST_NAME),
    aerieBytes({ format: 1, name, ...origin, quantization }, files),
  );
  return files.reduce((sum, file) => sum + file.sizeBytes, 0);
}

async function writeShards(
  order: PackageOrder,
  architecture: Architecture,
  layout: ShardLayout,
): Promise<WrittenFile[]> {
  const pools = quantizedPools(order.seed);
  const written: WrittenFile[] = [];
  for (const { name, tensors } of layout.shards) {
    const file = await HashedFile.create(order.folder, name);
    for (const tensor of tensors) {
      for (const spec of storedSpecs(tensor, architecture.quantization)) {
        await file.write(new Uint8Array(layout.tensors.get(spec.name)!.byteOffset - file.position));
        for (const block of storedBlocks(spec.name, tensor, architecture, pools, order.seed)) {
          await file.write(block);
          order.onBytes(block.length);
        }
      }
    }
    written.push(await file.close());
  }
  return written;
}

interface Pools {
  /** [POOL_GROUPS, 4] u32 */
  readonly words: RowPool;
  /** [POOL_GROUPS] f16 */
  readonly scales: RowPool;
}

function quantizedPools(seed: number): Pools {
  const values = inDtype(poolValues(seed, WEIGHTS.matrixDeviation), 'F16'); // [POOL_GROUPS, 32] f16
  const words = new Uint32Array((POOL_GROUPS * GROUP) / 8);
  const scales = new Uint16Array(POOL_GROUPS);
  quantizeHalves(new Uint16Array(values.buffer), words, scales);
  return {
    words: new RowPool(new Uint8Array(words.buffer), WORD_BYTES),
    scales: new RowPool(new Uint8Array(scales.buffer), SCALE_BYTES),
  };
}

function* storedBlocks(
  stored: string,
  tensor: LogicalTensor,
  architecture: Architecture,
  pools: Pools,
  seed: number,
): Generator<Uint8Array> {
  const [pool, groupBytes] = stored.endsWith('.q_weight')
    ? [pools.words, WORD_BYTES]
    : [pools.scales, SCALE_BYTES];
  for (const { name, shape } of partsOf(tensor, architecture)) {
    const [rows = 1, width] = shape;
    if (width === undefined) yield inDtype(normValues(seed, name, rows), 'F16');
    else yield* poolBlocks(pool, name, rows, width / GROUP, groupBytes);
  }
}

/** A shard that is hashed while it is written. */
class HashedFile {
  private readonly sha256 = createHash('sha256');
  private readonly md5 = createHash('md5');

  private constructor(
    readonly name: string,
    private readonly file: StreamFile,
  ) {}

  static async create(folder: string, name: string): Promise<HashedFile> {
    return new HashedFile(name, await StreamFile.create(join(folder, name)));
  }

  get position(): number {
    return this.file.position;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.sha256.update(bytes);
    this.md5.update(bytes);
    await this.file.write(bytes);
  }

  async close(): Promise<WrittenFile> {
    await this.file.close();
    const { name, position: sizeBytes } = this;
    return { name, sizeBytes, sha256: this.sha256.digest('hex'), md5: this.md5.digest('hex') };
  }
}
