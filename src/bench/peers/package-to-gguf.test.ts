import { expect, test } from 'vitest';
import { folderFiles } from '../../cli/folder-files';
import { openPackage } from '../../models/package';
import { GGUF_ALIGNMENT } from './gguf';
import { namedPrompt, namedTokens, packageToGguf } from './package-to-gguf';
import { q4ZeroBlocks } from './q4-0';

const BUILT_IN = new URL('../../../public/models/aerie-mini', import.meta.url).pathname;
const Q_PROJECTION = 'model.layers.0.self_attn.qkv_proj';

test('rows of q come in the order in which llama.cpp rotates them', async () => {
  const model = await openPackage(folderFiles(BUILT_IN));
  const { hidden, headDim, vocab } = model.architecture;
  const pieces: Uint8Array[] = [];
  for await (const piece of packageToGguf(model, [1, 2])) pieces.push(piece);
  const file = Buffer.concat(pieces);
  const header = pieces[0]!.length;
  const rowBytes = (hidden / 32) * 18;
  const aligned = (bytes: number) => Math.ceil(bytes / GGUF_ALIGNMENT) * GGUF_ALIGNMENT;
  // The embedding comes first, then the first norm, then q.
  const start = header + aligned(vocab * rowBytes) + aligned(hidden * 4);
  for (const [row, stored] of [
    [0, 0],
    [1, headDim / 2],
    [2, 1],
    [headDim + 3, headDim + headDim / 2 + 1],
  ] as const) {
    const words = await model.readTensor(`${Q_PROJECTION}.q_weight`, stored, stored + 1);
    const scales = await model.readTensor(`${Q_PROJECTION}.q_scale`, stored, stored + 1);
    const expected = q4ZeroBlocks(new Uint32Array(words.buffer), new Uint16Array(scales.buffer));
    const found = file.subarray(start + row * rowBytes, start + (row + 1) * rowBytes);
    expect(found.equals(expected)).toBe(true);
  }
  expect(file.length % GGUF_ALIGNMENT).toBe(0);
});

test('names of tokens lead back to their ids', () => {
  expect(namedTokens(namedPrompt([0, 17, 100_007]))).toEqual([0, 17, 100_007]);
});
