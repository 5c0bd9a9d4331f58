/** The reports on quantised packages, on a fixture converted both ways. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { sharedPath } from '../tasks/shared-data';
import { main } from './main';

const source = sharedPath('fixtures', 'tiny-aquila2-gqa-16k');

/** Standard output of a command that succeeds. */
async function output(...args: string[]): Promise<string> {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  const error = vi.spyOn(console, 'error').mockImplementation(() => {});
  try {
    expect(await main(args)).toBe(0);
  } finally {
    log.mockRestore();
    error.mockRestore();
  }
  return lines.join('\n');
}

describe.skipIf(!source)('reports', { timeout: 240_000 }, () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reports-'));
    await writeFile(
      at('talk.json'),
      JSON.stringify([
        [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: 'Hello' },
        ],
      ]),
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  const convert = (name: string, ...more: string[]) =>
    output('convert', '--source', source!, '--out', at(name), ...more);

  test('search is closer to the checkpoint than plain rounding in every class', async () => {
    await convert('plain', '--rounding', 'plain');
    await convert('search', '--rounding', 'search');
    const packages = ['plain', 'search'].flatMap((name) => ['--package', at(name)]);
    const report = JSON.parse(await output('quant-error', '--source', source!, ...packages, '--json'));
    const [plain, search] = [report[at('plain')], report[at('search')]];
    expect(Object.keys(plain).sort()).toEqual(['all', 'down', 'embedding', 'gate_up', 'head', 'o', 'qkv']);
    for (const name of Object.keys(plain)) expect(search[name] / plain[name], name).toBeLessThan(0.86);
  });

  test('perplexity counts the tokens of the answer', async () => {
    const model = at('search');
    const score = JSON.parse(
      await output('perplexity', '--model', model, '--text', at('talk.json'), '--json'),
    );
    expect(score.tokens).toBeGreaterThan(0);
    expect(score.perplexity).toBeCloseTo(Math.exp(score.loss), 6);
  });

  test('a table of importance goes into a conversion', async () => {
    const table = at('table.safetensors');
    await output('importance', '--model', at('search'), '--text', at('talk.json'), '--out', table);
    await convert('weighted', '--rounding', 'search', '--importance', table);
    const packages = ['search', 'weighted'].flatMap((name) => ['--package', at(name)]);
    const report = JSON.parse(await output('quant-error', '--source', source!, ...packages, '--json'));
    const [search, weighted] = [report[at('search')], report[at('weighted')]];
    // The embedding has no inputs to weigh; the rest gives up some error where it does not matter.
    expect(weighted.embedding).toBe(search.embedding);
    expect(weighted.down).toBeGreaterThan(search.down);
  });

  test('dialogues must end with an answer', async () => {
    await writeFile(at('open.json'), JSON.stringify([[{ role: 'user', content: 'Hi' }]]));
    const error = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(await main(['perplexity', '--model', at('search'), '--text', at('open.json')])).toBe(1);
    error.mockRestore();
  });
});
