/** Every way in which a package can be wrong ends in one typed error that names the place. */
import { describe, expect, test } from 'vitest';
import { checkpointFolder, convertFolder } from '../convert/test-checkpoint';
import { parseJson } from '../formats/json';
import { type MemoryFolder, memoryFiles, textBytes } from '../formats/test-files';
import { openPackage } from './package';
import { verifyPackage } from './verify-package';

const SHARD = 'params_shard_0.bin';
const MANIFEST = 'tensor-cache.json';
const CONFIG = 'mlc-chat-config.json';
const NAME = 'model.layers.1.self_attn.o_proj.q_weight';

const good = await convertFolder(checkpointFolder());

interface Json {
  [key: string]: Json & (string | number | Json[]);
}

/** A copy with one JSON file changed. */
function edited(file: string, change: (json: Json) => void): MemoryFolder {
  const folder = new Map(good);
  const json = parseJson(folder.get(file)!, file) as Json;
  change(json);
  folder.set(file, textBytes(JSON.stringify(json)));
  return folder;
}
const without = (file: string) => new Map([...good].filter(([name]) => name !== file));
const replaced = (file: string, bytes: Uint8Array<ArrayBuffer>) => new Map(good).set(file, bytes);

interface TensorRecord {
  name: string;
  shape: number[];
  dtype: string;
}
const records = (json: Json) => (json.records as unknown as { records: TensorRecord[] }[])[0]!.records;
const recordOf = (json: Json, name: string) => records(json).find((record) => record.name === name)!;

const modelConfig = (changes: object) =>
  edited(CONFIG, (json) => {
    Object.assign(json.model_config!, changes);
  });

describe('openPackage and verifyPackage both refuse', () => {
  test.each<[string, () => MemoryFolder, string, object]>([
    ['a missing config', () => without(CONFIG), 'file-missing', { file: CONFIG }],
    ['a missing manifest', () => without(MANIFEST), 'file-missing', { file: MANIFEST }],
    ['a missing shard', () => without(SHARD), 'file-missing', { file: SHARD }],
    [
      'a truncated shard',
      () => replaced(SHARD, good.get(SHARD)!.slice(0, -1)),
      'file-truncated',
      { file: SHARD, expectedBytes: good.get(SHARD)!.length, actualBytes: good.get(SHARD)!.length - 1 },
    ],
    [
      'a wrong tensor shape',
      () =>
        edited(MANIFEST, (json) => {
          recordOf(json, NAME).shape = [32, 16];
        }),
      'tensor-mismatch',
      { tensor: NAME, expected: '[64, 8] uint32', actual: '[32, 16] uint32' },
    ],
    [
      'a wrong tensor type',
      () =>
        edited(MANIFEST, (json) => {
          recordOf(json, NAME).dtype = 'float32';
        }),
      'tensor-mismatch',
      { tensor: NAME, expected: '[64, 8] uint32', actual: '[64, 8] float32' },
    ],
    [
      'a wrong tensor name',
      () =>
        edited(MANIFEST, (json) => {
          recordOf(json, NAME).name = 'model.layers.1.self_attn.out.q_weight';
        }),
      'tensor-missing',
      { tensor: NAME },
    ],
    ['a config of another model', () => modelConfig({ num_hidden_layers: 3 }), 'tensor-missing', {}],
    ['no layers', () => modelConfig({ num_hidden_layers: 0 }), 'config-invalid', {}],
    ['a negative width', () => modelConfig({ hidden_size: -64 }), 'config-invalid', {}],
    ['half a head', () => modelConfig({ num_attention_heads: 2.5 }), 'config-invalid', {}],
    ['heads that do not divide', () => modelConfig({ num_key_value_heads: 3 }), 'config-invalid', {}],
    ['a width without end', () => modelConfig({ hidden_size: 1e300 }), 'config-invalid', {}],
    ['an epsilon that is text', () => modelConfig({ rms_norm_eps: 'small' }), 'config-invalid', {}],
    [
      'an unknown quantisation',
      () =>
        edited(CONFIG, (json) => {
          Object.assign(json, { quantization: 'q3f16_1' });
        }),
      'quantization-unknown',
      { quantization: 'q3f16_1' },
    ],
    [
      'an unknown architecture',
      () =>
        edited(CONFIG, (json) => {
          Object.assign(json, { model_type: 'mamba' });
        }),
      'architecture-unknown',
      { architecture: 'mamba' },
    ],
    ['a config that is no JSON', () => replaced(CONFIG, textBytes('{')), 'format-invalid', { file: CONFIG }],
    ['a config that is a list', () => replaced(CONFIG, textBytes('[]')), 'config-invalid', {}],
    [
      'a manifest that is no JSON',
      () => replaced(MANIFEST, textBytes('')),
      'format-invalid',
      { file: MANIFEST },
    ],
  ])('%s', async (_, folder, code, details) => {
    const files = memoryFiles(folder());
    await expect(openPackage(files)).rejects.toMatchObject({ code, details });
    await expect(verifyPackage(files)).rejects.toMatchObject({ code, details });
  });
});

describe('verifyPackage alone refuses', () => {
  const flipped = (file: string) => {
    const bytes = good.get(file)!.slice();
    bytes[bytes.length >> 1]! ^= 1;
    return replaced(file, bytes);
  };
  test('a wrong hash of weights', async () => {
    const files = memoryFiles(flipped(SHARD));
    await expect(openPackage(files)).resolves.toBeDefined();
    await expect(verifyPackage(files)).rejects.toMatchObject({
      code: 'hash-mismatch',
      details: { file: SHARD },
    });
  });

  test('a wrong hash of a tokenizer file, and a missing one', async () => {
    const file = 'merges.txt';
    const damaged = verifyPackage(memoryFiles(flipped(file)));
    await expect(damaged).rejects.toMatchObject({ code: 'hash-mismatch', details: { file } });
    const missing = verifyPackage(memoryFiles(without(file)));
    await expect(missing).rejects.toMatchObject({ code: 'file-missing', details: { file } });
  });

  test('a package of other tools by its MD5', async () => {
    const folder = flipped(SHARD);
    folder.delete('aerie.json');
    await expect(verifyPackage(memoryFiles(folder))).rejects.toMatchObject({ code: 'hash-mismatch' });
    const result = await verifyPackage(memoryFiles(without('aerie.json')));
    expect(result.aerie).toBeUndefined();
    expect(result.files.map(({ check }) => check)).toEqual(['md5']);
  });

  test.each<[string, (json: Json) => void]>([
    ['of another format', (json) => Object.assign(json, { format: 2 })],
    [
      'with a hash that is none',
      (json) => Object.assign((json.files as unknown as Json[])[0]!, { sha256: '12' }),
    ],
    ['with a file outside', (json) => Object.assign((json.files as unknown as Json[])[0]!, { name: '../x' })],
    [
      'that leaves out a shard',
      (json) => Object.assign(json, { files: (json.files as unknown as Json[]).slice(1) }),
    ],
  ])('an aerie.json %s', async (_, change) => {
    const verifying = verifyPackage(memoryFiles(edited('aerie.json', change)));
    await expect(verifying).rejects.toMatchObject({
      code: 'format-invalid',
      details: { file: 'aerie.json' },
    });
  });
});

test('the older name of the manifest is read as well', async () => {
  const folder = without(MANIFEST);
  folder.set('ndarray-cache.json', good.get(MANIFEST)!);
  folder.delete('aerie.json');
  const { package: opened } = await verifyPackage(memoryFiles(folder));
  expect(opened.tensors.get(NAME)?.shape).toEqual([64, 8]);
});

test('tensors that nothing needs are reported and harmless', async () => {
  const folder = edited(MANIFEST, (json) => {
    const norm = recordOf(json, 'model.norm.weight');
    records(json).push({ ...norm, name: 'extra', shape: [0], nbytes: 0 } as TensorRecord);
  });
  expect((await openPackage(memoryFiles(folder))).unknownTensors).toEqual(['extra']);
});

test('rows are read by range', async () => {
  const opened = await openPackage(memoryFiles(good));
  const whole = await opened.readTensor(NAME);
  expect(Buffer.compare(await opened.readTensor(NAME, 5, 7), whole.subarray(5 * 32, 7 * 32))).toBe(0);
  await expect(opened.readTensor('nothing')).rejects.toMatchObject({ code: 'tensor-missing' });
});

test('verification can be stopped and reports its way', async () => {
  const seen: number[] = [];
  await verifyPackage(memoryFiles(good), { onProgress: (p) => seen.push(p.doneBytes / p.totalBytes) });
  expect(seen.at(-1)).toBe(1);
  const signal = AbortSignal.abort();
  await expect(verifyPackage(memoryFiles(good), { signal })).rejects.toMatchObject({ code: 'aborted' });
});
