/** Walks every import of src/ and fails on an arrow the wrong way, a feature that imports another, or a cycle. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const SRC = resolve(import.meta.dirname, '..');

/** Folder -> folders it may import from, besides itself. */
const ALLOWED: Record<string, readonly string[]> = {
  core: [],
  i18n: ['core'],
  gpu: ['core'],
  formats: ['core'],
  tokenizer: ['core', 'formats'],
  models: ['core', 'formats', 'tokenizer'],
  kernels: ['core', 'gpu', 'models'],
  store: ['core', 'formats', 'models'],
  convert: ['core', 'formats', 'tokenizer', 'models'],
  engine: ['core', 'formats', 'tokenizer', 'gpu', 'models', 'kernels'],
  bench: ['core', 'formats', 'tokenizer', 'gpu', 'models', 'kernels', 'engine', 'cli', 'tasks'],
  worker: ['core', 'formats', 'tokenizer', 'gpu', 'models', 'kernels', 'store', 'convert', 'engine', 'bench'],
  cli: ['core', 'formats', 'tokenizer', 'gpu', 'models', 'kernels', 'convert', 'engine'],
  ui: ['core', 'i18n'],
  features: ['core', 'formats', 'gpu', 'models', 'convert', 'bench', 'i18n', 'ui', 'store', 'worker'],
  app: ['core', 'formats', 'models', 'i18n', 'ui', 'store', 'worker', 'features'],
};
/** The page describes requests to the engine with the engine's types; describing is not depending. */
const TYPE_ONLY_IS_FREE = /^import type |^export type /;

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

interface Arrow {
  from: string;
  to: string;
  typeOnly: boolean;
}

const isShipped = (path: string) =>
  /\.tsx?$/.test(path) && !/\.test\.tsx?$|test-[\w-]+\.ts$|\.d\.ts$/.test(path);

function arrows(): Arrow[] {
  return files(SRC)
    .filter(isShipped)
    .flatMap((path) => {
      const text = readFileSync(path, 'utf8');
      const statements = text.matchAll(
        /^(?:import|export)\s[^;]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|^import '([^']+)'/gm,
      );
      return [...statements].flatMap((match) => {
        const target = match[1] ?? match[2] ?? match[3] ?? '';
        if (!target.startsWith('.')) return [];
        return [
          {
            from: relative(SRC, path),
            to: relative(SRC, resolve(dirname(path), target)),
            typeOnly: TYPE_ONLY_IS_FREE.test(match[0]),
          },
        ];
      });
    });
}

const folderOf = (path: string) => (path.includes('/') ? path.split('/')[0]! : '');

test('imports point one way', () => {
  const wrong = arrows().filter(({ from, to, typeOnly }) => {
    const [source, target] = [folderOf(from), folderOf(to)];
    if (source === target || source === '' || source === 'tasks' || target.startsWith('..')) return false;
    return !(
      ALLOWED[source]?.includes(target) ||
      (typeOnly && target === 'engine' && ['features', 'app'].includes(source)) ||
      // The quantiser on the GPU keeps the converter's contract; the converter gets it passed in.
      (typeOnly && target === 'convert' && source === 'engine')
    );
  });
  expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test('features do not import each other', () => {
  const feature = (path: string) => (path.startsWith('features/') ? path.split('/')[1] : undefined);
  const wrong = arrows().filter(
    ({ from, to }) => feature(from) && feature(to) && feature(from) !== feature(to),
  );
  expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test('no cycle between files', () => {
  const graph = new Map<string, string[]>();
  const name = (path: string) => path.replace(/\.(ts|tsx)$/, '').replace(/\/index$/, '');
  for (const { from, to, typeOnly } of arrows())
    if (!typeOnly) graph.set(name(from), [...(graph.get(name(from)) ?? []), name(to)]);
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...trail, node]);
      if (cycle) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) expect(visit(node, [])).toBeUndefined();
});
