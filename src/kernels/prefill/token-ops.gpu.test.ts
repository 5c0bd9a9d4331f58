import { describe, expect, it } from 'vitest';
import { readBuffer, upload } from '../../gpu/test-gpu';
import { rmsNormRows, siluMulRows } from '../cpu/prefill';
import { FORMATS, normal, poisoned, randomMatrix, readGuarded, worstError } from '../test-kernels';
import { chunkContext, runSteps } from './test-prefill';
import { embedRows, lastScaled, rmsNorm, siluMul } from './token-ops';

describe('embed_rows', () => {
  it.each(FORMATS)('%s: every token from the slice that holds it', async (format) => {
    const [vocab, hidden] = [45, 96];
    const ids = [0, 44, 15, 16, 17, 16, 31, 32, 44];
    const context = await chunkContext({}, ids.length, { ids });
    const { matrix, values } = randomMatrix(context.gpu, format, vocab, hidden, 5, [16, 32]);
    const y = poisoned(context.gpu, 'y', ids.length * hidden);
    runSteps(context, await embedRows(context, { embedding: matrix, y }), ids.length);
    const expected = ids.flatMap((id) => [...values.slice(id * hidden, (id + 1) * hidden)]);
    expect(worstError(await readGuarded(context.gpu, y, expected.length), expected)).toBeLessThan(1e-6);
  });
});

describe('rms_norm', () => {
  it.each([
    [1, 32],
    [3, 288],
    [5, 1000],
  ])('%i tokens of %i', async (tokens, hidden) => {
    const context = await chunkContext({}, tokens);
    const { device } = context.gpu;
    const [x, gamma] = [normal(1, tokens * hidden, 3), normal(2, hidden)];
    const y = poisoned(context.gpu, 'y', tokens * hidden);
    const args = {
      hidden,
      normEps: 1e-5,
      x: upload(device, 'x', x),
      gamma: upload(device, 'gamma', gamma),
      y,
    };
    runSteps(context, [await rmsNorm(context, args)], tokens);
    const expected = rmsNormRows(x, gamma, 1e-5);
    expect(worstError(await readGuarded(context.gpu, y, x.length), expected)).toBeLessThan(1e-5);
  });
});

describe('silu_mul', () => {
  it.each([
    [1, 32],
    [3, 330],
  ])('%i tokens of %i', async (tokens, intermediate) => {
    const context = await chunkContext({}, tokens);
    const gateUp = normal(1, tokens * 2 * intermediate, 20);
    const y = poisoned(context.gpu, 'y', tokens * intermediate);
    const args = { intermediate, gateUp: upload(context.gpu.device, 'gate up', gateUp), y };
    runSteps(context, [await siluMul(context, args)], tokens);
    const expected = siluMulRows(gateUp, intermediate);
    expect(worstError(await readGuarded(context.gpu, y, expected.length), expected)).toBeLessThan(1e-5);
  });
});

it('last_scaled leaves what the decode kernels take in place of a norm', async () => {
  const [hidden, parts] = [300, 19];
  const context = await chunkContext({}, 1);
  const { gpu } = context;
  const [x, gamma] = [normal(1, hidden), normal(2, hidden)];
  const scaled = poisoned(gpu, 'scaled', hidden);
  const squares = poisoned(gpu, 'squares', parts);
  const residual = upload(gpu.device, 'residual', x);
  const args = { hidden, residual, gamma: upload(gpu.device, 'gamma', gamma), scaled, squares, parts };
  runSteps(context, [await lastScaled(context, args)], 1);
  const sums = await readGuarded(gpu, squares, parts);
  const square = x.reduce((sum, value) => sum + value * value, 0);
  expect(sums.reduce((sum, value) => sum + value, 0)).toBeCloseTo(square, 2);
  const expected = x.map((value, i) => value * gamma[i]!);
  expect(worstError(await readGuarded(gpu, scaled, hidden), expected)).toBeLessThan(1e-6);
  expect(new Float32Array(await readBuffer(gpu.device, residual))).toEqual(x);
});
