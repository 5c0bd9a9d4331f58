import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readImportance } from '../cli/importance-file';
import type { Architecture } from '../models/architecture';
import { ImportanceCounter, importanceFile, toImportance } from './importance';

test('the geometric mean lies in the middle and both ends are held', () => {
  const row = toImportance([1, 1e9, 1e-9, 0, 1]);
  expect([...row]).toEqual([11, 127, 1, 1, 11]);
  expect([...toImportance([0, 0])]).toEqual([1, 1]);
  expect([...toImportance([4, 1])]).toEqual([23, 6]);
});

test('squares of a matrix’s inputs are added up over tokens and come back from the file', async () => {
  const architecture = { layers: 1, hidden: 4, heads: 1, kvHeads: 1, headDim: 4, intermediate: 2, vocab: 8 };
  const counter = new ImportanceCounter(architecture as Architecture);
  counter.add('model.layers.0.mlp.down_proj', Float64Array.of(1, 2, -1, 4)); // [2, 2]
  counter.add('model.layers.0.mlp.down_proj', Float64Array.of(1, 2)); // [1, 2]
  counter.add('model.layers.0.mlp.gate_up_proj', Float64Array.of(1, 1, 1, 1)); // [1, 4]
  counter.add('of no matrix', Float64Array.of(1));
  const table = counter.table();
  expect([...table.get('model.layers.0.mlp.down_proj')!]).toEqual([...toImportance([3, 24])]);
  const folder = await mkdtemp(join(tmpdir(), 'importance-'));
  try {
    await writeFile(join(folder, 'table.safetensors'), importanceFile(table, 3));
    expect(await readImportance(join(folder, 'table.safetensors'))).toEqual(table);
  } finally {
    await rm(folder, { recursive: true });
  }
});
