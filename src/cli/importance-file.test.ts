import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { importanceFile } from '../convert/importance';
import { readImportance } from './importance-file';

const folder = mkdtempSync(join(tmpdir(), 'aerie-importance-'));
afterAll(() => rmSync(folder, { recursive: true }));

const row = (...values: number[]) => Uint8Array.from(values);

test('reads what was written, and nothing that is no importance', async () => {
  const path = join(folder, 'importance.safetensors');
  const table = new Map([
    ['model.layers.0.mlp.down_proj', row(1, 127, 64, 3)],
    ['lm_head', row(5, 6)],
  ]);
  writeFileSync(path, importanceFile(table, 100));
  expect(await readImportance(path)).toEqual(table);
  for (const bad of [row(0), row(128)]) {
    writeFileSync(path, importanceFile(new Map([['lm_head', bad]]), 1));
    await expect(readImportance(path)).rejects.toMatchObject({ code: 'format-invalid' });
  }
  await expect(readImportance(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'file-missing' });
});
