/** What is in a package beside its weights, and what a resumed conversion goes by. */
import { expect, test } from 'vitest';
import { type AerieManifest, parseAerieManifest } from '../formats/aerie-manifest';
import type { PackageOutline } from '../formats/package-sink';
import { type MemoryFolder, textBytes } from '../formats/test-files';
import type { ConvertOptions } from './convert-model';
import { checkpointFolder, convertFolder, memoryCheckpoint } from './test-checkpoint';
import { MemoryPlace } from './test-sink';

const text = (folder: MemoryFolder, name: string) => new TextDecoder().decode(folder.get(name));
const aerie = (folder: MemoryFolder): AerieManifest =>
  parseAerieManifest(JSON.parse(text(folder, 'aerie.json')));
const chat = (folder: MemoryFolder) =>
  JSON.parse(text(folder, 'mlc-chat-config.json')) as Record<string, unknown>;

/** A checkpoint folder with files beside it. */
function folderWith(files: Readonly<Record<string, string>>): MemoryFolder {
  return new Map([
    ...checkpointFolder(),
    ...Object.entries(files).map(([name, content]) => [name, textBytes(content)] as const),
  ]);
}

test('licences and notices travel, with a note of what was changed', async () => {
  const source = folderWith({
    LICENSE: 'the terms',
    'BAAI Model Agreement.pdf': 'more terms',
    'README.md': 'nothing legal',
    'docs/licence.txt': 'of something else',
    'huge-licence.txt': 'x'.repeat((4 << 20) + 1),
  });
  const origin = { origin: 'hf:BAAI/AquilaChat-7B', revision: 'abc' };
  const made = await convertFolder(source, 'q4f16_1', {
    source: { ...memoryCheckpoint(source), ...origin },
    about: { name: 'AquilaChat-7B', licence: 'BAAI' },
  });
  expect(text(made, 'LICENSE')).toBe('the terms');
  expect(text(made, 'BAAI Model Agreement.pdf')).toBe('more terms');
  for (const name of ['README.md', 'docs/licence.txt', 'huge-licence.txt'])
    expect(made.has(name)).toBe(false);
  const notice = text(made, 'NOTICE.md');
  for (const fact of [
    'hf:BAAI/AquilaChat-7B, revision abc',
    'Licence: BAAI',
    'LICENSE',
    'q4f16_1',
    'Aerie',
  ]) {
    expect(notice).toContain(fact);
  }
  expect(aerie(made).files.map(({ name }) => name)).toEqual(expect.arrayContaining(['LICENSE', 'NOTICE.md']));
  // The repository's name tells the family.
  expect((chat(made).conv_template as { name: string }).name).toBe('aquila-chat');
});

test("the publisher's own note stays as it is", async () => {
  const made = await convertFolder(folderWith({ 'Notice.md': 'theirs' }));
  expect(text(made, 'Notice.md')).toBe('theirs');
  expect(made.has('NOTICE.md')).toBe(false);
});

test('aerie.json names everything the weights were made of', async () => {
  const source = memoryCheckpoint(checkpointFolder());
  const correction = { field: 'bos_token_id', published: 1, corrected: 256, reason: 'token-ids' } as const;
  const made = await convertFolder(checkpointFolder(), 'q4f16_1', {
    source: { ...source, origin: 'modelscope:a/b', revision: 'v1' },
    rounding: 'search',
    correct: (config) => ({ config: { ...config, bos_token_id: 256 }, corrections: [correction] }),
  });
  expect(aerie(made)).toMatchObject({
    source: 'modelscope:a/b',
    revision: 'v1',
    rounding: 'search',
    corrections: [correction],
  });
  expect(chat(made).bos_token_id).toBe(256);
  const plain = aerie(await convertFolder(checkpointFolder(), 'q0f16'));
  expect(Object.keys(plain)).not.toContain('rounding');
  expect(Object.keys(plain)).not.toContain('corrections');
});

test('packages of the first version stay valid', () => {
  const first = {
    format: 1,
    name: 'a',
    source: '',
    revision: '',
    licence: '',
    quantization: 'q4f16_1',
    converterVersion: '1',
    files: [{ name: 'x.bin', sizeBytes: 1, sha256: '0'.repeat(64) }],
  };
  expect(parseAerieManifest(first)).toEqual(first);
});

test('a vocabulary with merges gets the tokenizer.json that other tools need', async () => {
  const made = await convertFolder(checkpointFolder());
  expect(chat(made).tokenizer_files).toContain('tokenizer.json');
  expect(JSON.parse(text(made, 'tokenizer.json'))).toMatchObject({
    added_tokens: [{ content: '</s>', id: 256, special: true }],
    model: { type: 'BPE', merges: [] },
  });
});

test('the outline says exactly how long the package will be', async () => {
  const place = new MemoryPlace();
  let outline: PackageOutline | undefined;
  const inner = place.open();
  const begin = (given: PackageOutline) => {
    outline = given;
    return inner.begin(given);
  };
  await convertFolder(checkpointFolder(), 'q4f32_1', { sink: { ...inner, begin } });
  const sizeBytes = [...place.finished!.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  expect(outline!.sizeBytes).toBe(sizeBytes);
  for (const { name, sizeBytes: length } of outline!.shards)
    expect(place.finished!.get(name)).toHaveLength(length);
});

test('everything that changes a byte changes the fingerprint, and nothing else does', async () => {
  const fingerprint = async (change: Partial<ConvertOptions>) => {
    let found = '';
    const stop = new Error('enough');
    const sink = {
      begin: async (outline: PackageOutline) => {
        found = outline.fingerprint;
        throw stop;
      },
      write: async () => {},
      finish: async () => {},
    };
    await expect(convertFolder(folder, 'q4f16_1', { ...change, sink })).rejects.toBe(stop);
    return found;
  };
  const folder = checkpointFolder();
  const source = memoryCheckpoint(folder);
  const changes: Partial<ConvertOptions>[] = [
    {},
    { source: { ...source, identity: 'other' } },
    { source: { ...source, revision: 'other' } },
    { quantization: 'q4f32_1' },
    { rounding: 'search' },
    { importance: new Map([['lm_head', new Uint8Array(64).fill(2)]]) },
    { importance: new Map([['lm_head', new Uint8Array(64).fill(3)]]) },
    { template: 'ziya' },
    { about: { name: 'other', licence: '' } },
    { about: { name: 'test', licence: 'other' } },
    { shardBytes: 10_000 },
  ];
  const prints = await Promise.all(changes.map(fingerprint));
  expect(new Set(prints).size).toBe(changes.length);
  expect(await fingerprint({ source: memoryCheckpoint(folder), rounding: undefined })).toBe(prints[0]);
});

test('importance must fit the matrices of the model', async () => {
  for (const name of ['model.layers.0.mlp.down_proj', 'model.norm', 'nothing']) {
    const importance = new Map([[name, new Uint8Array(64).fill(1)]]);
    const converting = convertFolder(checkpointFolder(), 'q4f16_1', { importance });
    await expect(converting).rejects.toMatchObject({ code: 'tensor-mismatch', details: { tensor: name } });
  }
});
