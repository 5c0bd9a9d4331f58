/** The tiny checkpoints in other layouts, and as base and LoRA, become the package of the original. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Bytes, type MemoryFolder, memoryFiles } from '../formats/test-files';
import type { Quantization } from '../models/architecture';
import { sharedPath } from '../tasks/shared-data';
import { convertFolder, memoryCheckpoint } from './test-checkpoint';
import { flagaiCopy, loraFor } from './test-layouts';

const FIXTURE = sharedPath('fixtures', 'tiny-aquilachat');
const GROUPED = sharedPath('fixtures', 'tiny-aquila2-gqa-16k');
const TOKENIZER = sharedPath('tokenizers', 'aquila');
if (!FIXTURE || !GROUPED || !TOKENIZER) console.warn('skipped: the tiny checkpoints are not on this machine');

const readFolder = (path: string, wanted: RegExp): MemoryFolder =>
  new Map(
    readdirSync(path)
      .filter((name) => wanted.test(name))
      .map((name) => [name, new Uint8Array(readFileSync(join(path, name)))]),
  );

/** Shards by name. */
async function shardsOf(
  source: MemoryFolder,
  tokenizer: MemoryFolder,
  lora?: MemoryFolder,
  quantization: Quantization = 'q4f16_1',
): Promise<[string, Bytes][]> {
  const made = await convertFolder(source, quantization, {
    tokenizer: memoryFiles(tokenizer),
    lora: lora && memoryCheckpoint(lora, 'lora'),
  });
  return [...made].filter(([name]) => name.startsWith('params_shard_'));
}

function expectSame(got: [string, Bytes][], want: [string, Bytes][]): void {
  expect(got.map(([name]) => name)).toEqual(want.map(([name]) => name));
  for (const [i, [name, bytes]] of got.entries()) expect(Buffer.compare(bytes, want[i]![1]), name).toBe(0);
}

describe.skipIf(!FIXTURE || !TOKENIZER)('tiny-aquilachat', () => {
  let original: MemoryFolder;
  let tokenizer: MemoryFolder;
  let want: [string, Bytes][];
  beforeAll(async () => {
    original = readFolder(FIXTURE!, /^(config\.json|.*\.safetensors)$/);
    tokenizer = readFolder(TOKENIZER!, /^(vocab|merges|tokenizer_config|special)/);
    want = await shardsOf(original, tokenizer);
  }, 60_000);

  test.each(['flagai', 'flash'] as const)('%s', async (layout) => {
    const copy = await flagaiCopy(memoryFiles(original), { layout });
    expect([...copy.keys()]).toEqual(['config.json', 'pytorch_model.bin']);
    expectSame(await shardsOf(copy, tokenizer), want);
  });

  test.each(['hf', 'flagai'] as const)('base and LoRA with the names of %s', async (layout) => {
    const options = {
      rank: 8,
      alpha: 16,
      layout,
      format: layout === 'hf' ? 'safetensors' : 'torch',
    } as const;
    const { base, lora } = await loraFor(memoryFiles(original), options);
    expectSame(await shardsOf(base, tokenizer, lora), want);
  });
});

describe.skipIf(!GROUPED)('tiny-aquila2-gqa-16k', () => {
  test('with grouped heads, fused, in bfloat16', async () => {
    const original = readFolder(GROUPED!, /^(config\.json|.*\.safetensors(\.index\.json)?)$/);
    const tokenizer = readFolder(GROUPED!, /^(vocab|merges|tokenizer)/);
    const want = await shardsOf(original, tokenizer);
    for (const layout of ['flagai', 'flash'] as const) {
      const copy = await flagaiCopy(memoryFiles(original), { layout, configName: 'params.json' });
      expectSame(await shardsOf(copy, tokenizer), want);
    }
  });
});
