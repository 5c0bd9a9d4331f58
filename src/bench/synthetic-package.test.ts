import { expect, it } from 'vitest';
import { fromHalf } from '../core/half';
import { requiredTensors } from '../models/tensor-plan';
import { syntheticPackage } from './synthetic-package';
import { TINY } from './test-bench';

const model = syntheticPackage(TINY);

it('has every tensor that the architecture needs, in its size', async () => {
  for (const { name, shape, dtype } of requiredTensors(TINY)) {
    const bytes = await model.readTensor(name);
    const count = shape.reduce((product, size) => product * size, 1);
    expect(bytes.byteLength).toBe(count * (dtype === 'uint32' ? 4 : 2));
    expect(model.tensors.get(name)?.sizeBytes).toBe(bytes.byteLength);
  }
  await expect(model.readTensor('model.layers.4.mlp.down_proj.q_weight')).rejects.toThrow('tensor-missing');
});

it('reads rows the same alone and among others, and different tensors differently', async () => {
  const name = 'model.layers.1.mlp.gate_up_proj.q_weight';
  const all = await model.readTensor(name);
  const rowBytes = TINY.hidden / 2;
  const some = await model.readTensor(name, 64, 192);
  expect(some).toEqual(all.slice(64 * rowBytes, 192 * rowBytes));
  const other = await model.readTensor('model.layers.2.mlp.gate_up_proj.q_weight');
  expect(other).not.toEqual(all);
});

it('uses all 16 codes, scales of both signs, and keeps the deviation of trained weights', async () => {
  const codes = await model.readTensor('lm_head.q_weight'); // [vocab, hidden / 2] two codes a byte
  const counts = new Array<number>(16).fill(0);
  let squares = 0;
  for (const byte of codes) {
    for (const code of [byte & 15, byte >> 4]) {
      counts[code]! += 1;
      squares += (code - 7) ** 2;
    }
  }
  const each = (codes.length * 2) / 16;
  for (const count of counts) expect(Math.abs(count / each - 1)).toBeLessThan(0.05);
  const bytes = await model.readTensor('lm_head.q_scale');
  const scales = Array.from(new Uint16Array(bytes.buffer), fromHalf);
  const positive = scales.filter((scale) => scale > 0).length / scales.length;
  expect(Math.abs(positive - 0.5)).toBeLessThan(0.05);
  const scaleSquares = scales.reduce((sum, scale) => sum + scale * scale, 0) / scales.length;
  const deviation = Math.sqrt((squares / (codes.length * 2)) * scaleSquares);
  expect(deviation).toBeGreaterThan(0.018);
  expect(deviation).toBeLessThan(0.023);
});
