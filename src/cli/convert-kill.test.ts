/** Real processes, killed without warning at random moments of a conversion, and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkpointFolder, randomTensors, TEST_CONFIG } from '../convert/test-checkpoint';
import { differences } from '../convert/test-interruptions';

const KILLS = 30;
const ROOT = resolve(import.meta.dirname, '../..');
/** Below node_modules, from where the built command line finds its packages. */
const folder = mkdtempSync(join(ROOT, 'node_modules/.aerie-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

const source = join(folder, 'checkpoint');
const program = join(folder, 'cli/main.js');

beforeAll(async () => {
  // Built once: loading the sources through Vite takes longer than the conversion.
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    build: { ssr: 'src/cli/main.ts', outDir: join(folder, 'cli'), emptyOutDir: true, minify: false },
  });
  const config = { ...TEST_CONFIG, hidden_size: 128, vocab_size: 1024, num_hidden_layers: 12 };
  mkdirSync(source);
  for (const [name, bytes] of checkpointFolder(randomTensors('F16', config), config)) {
    writeFileSync(join(source, name), bytes);
  }
}, 60_000);

function start(out: string): ChildProcess {
  const args = ['convert', '--source', source, '--out', out, '--shards', '0.02'];
  const script = `import(${JSON.stringify(program)}).then((m) => m.main(${JSON.stringify(args)})).then(process.exit)`;
  return spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Exit code, or the signal that ended it, and what it said. */
async function end(child: ChildProcess): Promise<{ how: number | string; text: string }> {
  let text = '';
  child.stderr!.on('data', (piece) => {
    text += piece;
  });
  return new Promise((resolve) =>
    child.once('close', (code, signal) => resolve({ how: code ?? signal!, text })),
  );
}

function contents(out: string) {
  return new Map(readdirSync(out).map((name) => [name, new Uint8Array(readFileSync(join(out, name)))]));
}

test(`killed ${KILLS} times, it ends identical`, { timeout: 300_000 }, async () => {
  const reference = join(folder, 'reference');
  const started = performance.now();
  expect(await end(start(reference))).toMatchObject({ how: 0 });
  const wholeMs = performance.now() - started;
  const expected = contents(reference);
  let seed = 3;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const out = join(folder, 'model');
  let [kills, resumed, finished] = [0, 0, 0];
  while (kills < KILLS) {
    const child = start(out);
    const timer = setTimeout(() => child.kill('SIGKILL'), random() * wholeMs);
    const { how, text } = await end(child);
    clearTimeout(timer);
    if (text.includes('Going on')) resumed++;
    if (how === 'SIGKILL') kills++;
    else expect(how, text).toBe(0);
    if (!existsSync(out)) continue;
    expect(differences(contents(out), expected)).toEqual([]);
    finished++;
    rmSync(out, { recursive: true });
  }
  expect(await end(start(out))).toMatchObject({ how: 0 });
  expect(differences(contents(out), expected)).toEqual([]);
  expect(readdirSync(folder).sort()).toEqual(['checkpoint', 'cli', 'model', 'reference']);
  // The random moments did hit the middle.
  expect(resumed).toBeGreaterThan(KILLS / 8);
  console.info(
    `${kills} kills, ${resumed} resumed, ${finished} finished on the way, one run ${wholeMs.toFixed(0)} ms`,
  );
});

test('stopped with Ctrl-C, it says how to go on and does', { timeout: 60_000 }, async () => {
  const out = join(folder, 'stopped');
  const child = start(out);
  const ended = end(child);
  const partial = join(folder, '.stopped.partial/package');
  while (child.exitCode === null && !(existsSync(partial) && readdirSync(partial).length > 2)) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  child.kill('SIGINT');
  const { how, text } = await ended;
  expect(how).toBe(1);
  expect(text).toContain('the same command goes on');
  const again = await end(start(out));
  expect(again.how).toBe(0);
  expect(again.text).toMatch(/Going on: \d+ of \d+ shards/);
  expect(differences(contents(out), contents(join(folder, 'reference')))).toEqual([]);
});
