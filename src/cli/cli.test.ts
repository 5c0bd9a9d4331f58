/** The commands that need no GPU, on the real fixtures, through `main` as a user calls it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { mergeDelta } from '../convert/merge-delta';
import { folderContents, startSourceServer } from '../convert/sources/test-source-server';
import { checkpointFolder, randomTensor, randomTensors } from '../convert/test-checkpoint';
import { differences } from '../convert/test-interruptions';
import { torchCopy } from '../convert/test-layouts';
import { AppError } from '../core/errors';
import { fromBfloat, fromHalf, toHalf } from '../core/half';
import { openCheckpoint } from '../formats/checkpoint';
import { readSafetensors } from '../formats/safetensors';
import { openPackage } from '../models/package';
import { sharedPath } from '../tasks/shared-data';
import { folderFiles } from './folder-files';
import { type FolderSink, folderSink } from './folder-sink';
import { main } from './main';

const folder = mkdtempSync(join(tmpdir(), 'aerie-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

let out: string[];
let err: string[];
beforeEach(() => {
  out = [];
  err = [];
  vi.spyOn(console, 'log').mockImplementation((text) => out.push(String(text)));
  vi.spyOn(console, 'error').mockImplementation((text) => err.push(String(text)));
});
afterEach(() => vi.restoreAllMocks());

/** Of what a source on the network reads around a small stretch. */
const WINDOW_BYTES = 64 << 10;

const json = () => JSON.parse(out.join('\n')) as Record<string, unknown>;

function write(name: string, files: Iterable<readonly [string, Uint8Array]>): string {
  const path = mkdtempSync(join(folder, name));
  for (const [file, bytes] of files) writeFileSync(join(path, file), bytes);
  return path;
}

describe('convert', () => {
  test('leaves nothing behind when it fails, and keeps what stood there', async () => {
    const bad = randomTensors();
    bad['lm_head.weight'] = randomTensor([10, 64]);
    const parent = mkdtempSync(join(folder, 'parent'));
    const target = join(parent, 'model');
    expect(await main(['convert', '--source', write('bad', checkpointFolder(bad)), '--out', target])).toBe(1);
    expect(err.join('\n')).toContain('lm_head.weight');
    expect(readdirSync(parent)).toEqual([]);

    const source = write('good', checkpointFolder());
    expect(await main(['convert', '--source', source, '--out', target])).toBe(0);
    const before = readFileSync(join(target, 'aerie.json'), 'utf8');
    expect(await main(['convert', '--source', source, '--out', target])).toBe(2);
    expect(
      await main(['convert', '--source', write('bad', checkpointFolder(bad)), '--out', target, '--force']),
    ).toBe(1);
    expect(readFileSync(join(target, 'aerie.json'), 'utf8')).toBe(before);
    expect(await main(['convert', '--source', source, '--out', target, '--force', '--name', 'Other'])).toBe(
      0,
    );
    expect(readFileSync(join(target, 'aerie.json'), 'utf8')).toContain('"Other"');
    expect(readdirSync(parent)).toEqual(['model']);
    expect(await main(['convert', '--source', source, '--out', source, '--force'])).toBe(2);
  });

  test('takes a prompt format by name', async () => {
    const source = write('good', checkpointFolder());
    const target = join(folder, 'with-template');
    expect(
      await main(['convert', '--source', source, '--out', target, '--template', 'aquila-v2', '--json']),
    ).toBe(0);
    expect(json()).toMatchObject({ template: 'aquila-v2' });
    expect(await main(['convert', '--source', source, '--out', target, '--template', 'chatml'])).toBe(2);
  });

  test('keeps what is done when a conversion is cut off, says so, and drops it when told to', async () => {
    const parent = mkdtempSync(join(folder, 'cut'));
    const target = join(parent, 'model');
    const tensors = { ...randomTensors(), 'value_head.weight': randomTensor([1, 64]) };
    const source = write('good', checkpointFolder(tensors));
    const args = ['convert', '--source', source, '--out', target, '--shards', '0.012'];
    const sink = folderSink(target);
    const refuse = vi.spyOn(Object.getPrototypeOf(sink) as FolderSink, 'finish');
    refuse.mockRejectedValueOnce(new AppError('storage-failed', { reason: 'test' }));
    expect(await main(args)).toBe(1);
    expect(err.join('\n')).toContain('the same command goes on from there');
    expect(readdirSync(parent)).toEqual(['.model.partial']);

    refuse.mockRejectedValueOnce(new AppError('storage-failed', { reason: 'test' }));
    expect(await main([...args, '--quantization', 'q4f32_1'])).toBe(1);
    expect(err.join('\n')).toContain('it was dropped');
    expect(await main([...args, '--quantization', 'q4f32_1', '--restart'])).toBe(0);
    expect(err.join('\n')).not.toContain('Going on');
    expect(out.join('\n')).toContain('left out: value_head.weight');
    expect(readdirSync(parent)).toEqual(['model']);
  });

  test('tells what is missing', async () => {
    const source = write('good', checkpointFolder());
    expect(await main(['convert', '--source', source])).toBe(2);
    expect(await main(['convert', '--source', join(folder, 'nothing'), '--out', join(folder, 'x')])).toBe(1);
    const wrong = ['convert', '--source', source, '--out', join(folder, 'x'), '--quantization', 'q2'];
    expect(await main(wrong)).toBe(1);
    expect(err.at(-1)).toContain('q2');
  });
});

describe('verify and inspect', () => {
  test('a good package, a damaged one, none', async () => {
    const model = join(folder, 'damaged');
    await main(['convert', '--source', write('good', checkpointFolder()), '--out', model]);
    out = [];
    expect(await main(['verify', '--model', model, '--json'])).toBe(0);
    expect(json()).toMatchObject({ ok: true, warnings: [] });
    expect(await main(['inspect', '--model', model])).toBe(0);
    expect(out.join('\n')).toContain('model.layers.1.mlp.gate_up_proj.q_scale');

    const shard = readFileSync(join(model, 'params_shard_0.bin'));
    shard[100]! ^= 1;
    writeFileSync(join(model, 'params_shard_0.bin'), shard);
    out = [];
    expect(await main(['verify', '--model', model, '--json'])).toBe(1);
    expect(json()).toMatchObject({
      ok: false,
      code: 'hash-mismatch',
      details: { file: 'params_shard_0.bin' },
    });
    expect(await main(['verify', '--model', model])).toBe(1);
    expect(err.at(-1)).toContain('params_shard_0.bin');
    expect(await main(['verify', '--model', join(folder, 'nothing')])).toBe(1);
    expect(await main(['inspect', '--model', join(folder, 'nothing')])).toBe(1);
  });
});

test('help, unknown commands and options', async () => {
  expect(await main([])).toBe(0);
  expect(await main(['help', 'convert'])).toBe(0);
  expect(await main(['convert', '--help'])).toBe(0);
  expect(err).toEqual([]);
  expect(await main(['constructor'])).toBe(2);
  expect(await main(['verify', '--modle', 'x'])).toBe(2);
  expect(err.at(-1)).toContain('Usage');
});

const fixtures = sharedPath('fixtures');
const tokenizers = sharedPath('tokenizers');

describe.skipIf(!fixtures || !tokenizers)('fixtures', () => {
  const fixture = (...parts: string[]) => join(fixtures!, ...parts);

  /** The rule of the quantiser in plain arithmetic, over the checkpoint's own rows. */
  async function expectExact(model: string, source: string, base?: string): Promise<void> {
    const opened = await openPackage(folderFiles(model));
    const delta = await openCheckpoint(folderFiles(source));
    const checkpoint = base ? mergeDelta(delta, await openCheckpoint(folderFiles(base))) : delta;
    for (const name of ['model.layers.0.self_attn.o_proj', 'model.layers.1.mlp.down_proj', 'lm_head']) {
      const { shape, dtype } = checkpoint.tensors.get(`${name}.weight`)!;
      const rows = Math.min(shape[0]!, 200);
      const values = new Uint16Array((await checkpoint.readRows(`${name}.weight`, 0, rows)).buffer);
      const words = new Uint32Array((await opened.readTensor(`${name}.q_weight`, 0, rows)).buffer);
      const scales = new Uint16Array((await opened.readTensor(`${name}.q_scale`, 0, rows)).buffer);
      const weights = Array.from(values, (bits) =>
        dtype === 'F16' ? fromHalf(bits) : fromHalf(toHalf(fromBfloat(bits))),
      );
      for (let group = 0; group < scales.length; group++) {
        const part = weights.slice(group * 32, group * 32 + 32);
        const scaleBits = toHalf(Math.max(...part.map(Math.abs)) / 7);
        const codes = part.map((weight) => {
          const shifted = fromHalf(toHalf(weight / fromHalf(scaleBits))) + 7;
          const nearest = Math.round(shifted);
          const even = shifted % 1 === 0.5 && nearest % 2 === 1 ? nearest - 1 : nearest;
          return scaleBits === 0 ? 7 : Math.min(14, Math.max(0, even));
        });
        const stored = codes.map((_, i) => (words[group * 4 + (i >> 3)]! >>> (4 * (i & 7))) & 15);
        expect([scales[group], ...stored]).toEqual([scaleBits, ...codes]);
      }
    }
  }

  test.each<[string, string[], { template: string }, string | undefined]>([
    ['tiny-aquila2-gqa-16k', [], { template: 'aquila-chat' }, undefined],
    ['tiny-aquilachat', ['--tokenizer', 'aquila'], { template: 'aquila-chat' }, undefined],
    ['tiny-ziya/delta', ['--base', 'tiny-ziya/base-llama'], { template: 'ziya' }, 'tiny-ziya/base-llama'],
  ])('%s', async (name, [option, value], result, base) => {
    const model = join(folder, name.replace('/', '-'));
    const more =
      option === undefined ? [] : [option, option === '--base' ? fixture(value!) : join(tokenizers!, value!)];
    expect(await main(['convert', '--source', fixture(name), '--out', model, '--json', ...more])).toBe(0);
    expect(json()).toMatchObject(result);
    expect(await main(['verify', '--model', model])).toBe(0);
    await expectExact(model, fixture(name), base && fixture(base));
    out = [];
    expect(await main(['inspect', '--model', model, '--json'])).toBe(0);
    expect(json()).toMatchObject({ architecture: { quantization: 'q4f16_1' }, unknownTensors: [] });
  });

  const contents = (path: string) =>
    new Map(readdirSync(path).map((name) => [name, new Uint8Array(readFileSync(join(path, name)))]));
  const about = ['--name', 'Test', '--origin', 'here', '--revision', 'now'];

  test.each<[string, string, string | undefined]>([
    ['tiny-aquila2-gqa-16k', 'tiny-aquila2-gqa-16k', undefined],
    ['tiny-aquilachat', '', undefined],
    ['tiny-ziya/delta', 'tiny-ziya/delta', 'tiny-ziya/base-llama'],
  ])('%s from .bin is the same package', async (name, tokenizer, base) => {
    const [target, other] = [join(folder, 'from-safetensors', name), join(folder, 'from-bin', name)];
    const tokens = tokenizer === '' ? join(tokenizers!, 'aquila') : fixture(tokenizer);
    const convert = async (source: string, out: string, under: string | undefined) => {
      const more = [...about, '--tokenizer', tokens, ...(under ? ['--base', under] : [])];
      expect(await main(['convert', '--source', source, '--out', out, ...more])).toBe(0);
    };
    await convert(fixture(name), target, base && fixture(base));
    const copy = async (path: string, shards: number) => {
      // Of the same name, which ends up in aerie.json.
      const made = join(mkdtempSync(join(folder, 'bin')), basename(path));
      mkdirSync(made);
      for (const [file, bytes] of await torchCopy(folderFiles(fixture(path)), shards)) {
        writeFileSync(join(made, file), bytes);
      }
      return made;
    };
    await convert(await copy(name, 2), other, base && (await copy(base, 1)));
    expect(differences(contents(other), contents(target))).toEqual([]);
  });

  test('from a hub and from an address, cut off on the way, is the package of the folder', async () => {
    const name = 'tiny-aquila2-gqa-16k';
    const target = join(folder, 'from-folder');
    await main(['convert', '--source', fixture(name), '--out', target, ...about, '--shards', '0.3']);
    const last = 'model-00002-of-00002.safetensors';
    const tensors = new Map(await readSafetensors(folderFiles(fixture(name)), last, undefined));
    // Weights that are asked for late; small stretches are fetched with their surroundings.
    const offset = Math.max(...[...tensors.values()].map(({ byteOffset }) => byteOffset));
    const server = await startSourceServer(folderContents(fixture(name)), { repo: 'aerie/tiny' });
    vi.stubEnv('HF_ENDPOINT', server.origin);
    try {
      for (const source of ['hf:aerie/tiny@main', server.folder()]) {
        const out = join(folder, `from-${source.slice(0, 2)}`);
        const convert = () =>
          main(['convert', '--source', source, '--out', out, ...about, '--shards', '0.3']);
        for (const start of [offset, Math.floor(offset / WINDOW_BYTES) * WINDOW_BYTES]) {
          server.fault({ kind: 'status', status: 403, path: last, start, times: 100 });
        }
        expect(await convert()).toBe(1);
        expect(err.at(-1)).toContain('403');
        expect(err.join('\n')).toContain('goes on from there');
        server.reset();
        expect(await convert()).toBe(0);
        expect(err.join('\n')).toMatch(/Going on: [1-9]/);
        expect(differences(contents(out), contents(target))).toEqual([]);
      }
    } finally {
      vi.unstubAllEnvs();
      await server.close();
    }
  });

  test.each([
    ['aquila', 'golden.json'],
    ['aquila', 'golden-special.json'],
    ['llama', 'golden.json'],
  ])('tokenize %s %s', async (tokenizer, file) => {
    const path = join(tokenizers!, tokenizer);
    const golden = JSON.parse(readFileSync(join(path, file), 'utf8')) as { text: string; ids: number[] }[];
    const texts = join(folder, 'texts.json');
    writeFileSync(texts, JSON.stringify(golden.map(({ text }) => text)));
    expect(await main(['tokenize', '--tokenizer', path, '--file', texts, '--json'])).toBe(0);
    expect(json()).toEqual(golden.map(({ ids }) => ids));
  });

  test('tokenize --plain keeps special tokens text', async () => {
    const texts = join(folder, 'special.json');
    writeFileSync(texts, '["</s>"]');
    const path = join(tokenizers!, 'aquila');
    await main(['tokenize', '--tokenizer', path, '--file', texts, '--json']);
    await main(['tokenize', '--tokenizer', path, '--file', texts, '--json', '--plain']);
    expect(out[0]).toBe('[[100007]]');
    expect(out[1]).not.toBe(out[0]);
    writeFileSync(texts, '{"a":1}');
    expect(await main(['tokenize', '--tokenizer', path, '--file', texts])).toBe(1);
  });
});
