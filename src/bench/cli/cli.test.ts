import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sampleResult } from '../test-bench';
import { BENCH_SECTIONS, BENCH_SHAPES } from '../types';
import { main } from './main';
import { readOrder } from './options';

afterEach(() => vi.restoreAllMocks());

async function run(...args: string[]) {
  const lines = { out: '', error: '' };
  vi.spyOn(console, 'log').mockImplementation((line) => {
    lines.out += `${line}\n`;
  });
  vi.spyOn(console, 'error').mockImplementation((line) => {
    lines.error += `${line}\n`;
  });
  return { status: await main(args), ...lines };
}

describe('options', () => {
  it('become a configuration', () => {
    const { config, json, isMarkdown } = readOrder(
      '--model ziya-13b,aquila-7b --layers 2 --contexts 4k,128,128 --prefill 512 --rounds 9 --int8 --int8-kv --json out.json --markdown'.split(
        ' ',
      ),
    );
    expect(config).toMatchObject({
      shapes: ['ziya-13b', 'aquila-7b'],
      layers: 2,
      contexts: [128, 4096],
      prefillLengths: [512],
      rounds: 9,
      engine: { int8Activations: true, int8Kv: true },
      isQuick: false,
    });
    expect([json, isMarkdown]).toEqual(['out.json', true]);
    expect(readOrder(['--quick']).config).toMatchObject({ contexts: [128, 1024], isQuick: true });
    expect(readOrder(['--quick', '--contexts', '2k']).config.contexts).toEqual([2048]);
  });

  it('that are wrong end the program with a reason, before any GPU is looked for', async () => {
    const wrong = {
      '--model': ['--model', 'gpt-9'],
      '--contexts': ['--contexts', '128,many'],
      '--rounds': ['--rounds', '1.5'],
      '--nonsense': ['--nonsense'],
      '--sections': ['--sections', 'kernels,warp'],
      '--speculation': ['--speculation', 'perhaps'],
      '--against': ['--against', '.', '--json', 'out.json'],
    };
    for (const [option, args] of Object.entries(wrong)) {
      const { status, error } = await run(...args);
      expect(status).toBe(2);
      expect(error).toContain(option.slice(2));
    }
    const { status, error } = await run('--layers', '500');
    expect(status).toBe(1);
    expect(error).toContain('Parameter layers is out of range: 500, allowed is 1 to 32.');
  });
});

it('looks for the other checkout before the GPU', async () => {
  const { status, error } = await run('--against', '/nowhere');
  expect(status).toBe(1);
  expect(error).toContain('/nowhere/src/engine/runner.ts');
});

it('explains itself', async () => {
  const { status, out } = await run('--help');
  expect(status).toBe(0);
  expect(out).toContain('compare A.json B.json');
  for (const name of [...BENCH_SHAPES, ...BENCH_SECTIONS]) expect(out).toContain(name);
});

describe('compare', () => {
  it('prints ratios of two files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aerie-bench-'));
    try {
      const [a, b] = [join(folder, 'a.json'), join(folder, 'b.json')];
      await writeFile(a, JSON.stringify(sampleResult(2)));
      await writeFile(b, JSON.stringify(sampleResult(1)));
      const { status, out } = await run('compare', a, b);
      expect(status).toBe(0);
      expect(out).toMatch(/decode at 1k +25\.0 tokens\/s +50\.0 tokens\/s +2\.00/);
      await writeFile(b, '{}');
      const broken = await run('compare', a, b);
      expect(broken.status).toBe(1);
      expect(broken.error).toContain('b.json is not a valid file');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('asks for two files that are there', async () => {
    expect((await run('compare', 'one.json')).status).toBe(2);
    const { status, error } = await run('compare', '/nowhere/a.json', '/nowhere/b.json');
    expect(status).toBe(1);
    expect(error).toContain('/nowhere/a.json');
  });
});
