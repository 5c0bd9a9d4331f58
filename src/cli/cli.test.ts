/** The commands that need no GPU, on the real fixtures, through `main` as a user calls it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { mergeDelta } from '../convert/merge-delta';
import { checkpointFolder, randomTensor, randomTensors } from '../convert/test-checkpoint';
import { fromBfloat, fromHalf, toHalf } from '../core/half';
import { openCheckpoint } from '../formats/checkpoint';
import { openPackage } from '../models/package';
import { sharedPath } from '../tasks/shared-data';
import { folderFiles } from './folder-files';
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
