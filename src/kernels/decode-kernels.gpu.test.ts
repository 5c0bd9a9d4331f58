/** Matrix-vector kernels against float64: every format, both teams, cut matrices, odd row counts. */
import { describe, expect, it } from 'vitest';
import { fromHalf } from '../core/half';
import { readBuffer, upload } from '../gpu/test-gpu';
import { matrixVector } from './cpu/matrix-vector';
import { normFactor, silu, sumOfSquares } from './cpu/rms-norm';
import { rotateHead } from './cpu/rope';
import type { DecodeTuning, GemvTuning } from './decode-tuning';
import type { KernelContext } from './dispatch';
import { embedToken } from './embed-token';
import { gateUp } from './gate-up';
import { gemvLogits } from './gemv-logits';
import { gemvResidual } from './gemv-residual';
import { qkvRope } from './qkv-rope';
import {
  FORMATS,
  kernelContext,
  normal,
  POISON,
  poisoned,
  randomMatrix,
  readGuarded,
  stateBuffer,
  submitAll,
  worstError,
} from './test-kernels';
import type { WeightFormat } from './types';

const EPS = 1e-5;
/** f32 sums over at most a few hundred products, relative to the root mean square of the result. */
const TOLERANCE = 2e-5;

/** Every shape for the main format, the first for the others: compiling a pipeline is what takes the time here. */
function some<T>(format: WeightFormat, shapes: readonly T[]): readonly T[] {
  return format === 'q4f16' ? shapes : shapes.slice(0, 1);
}

/** The same tuning with another number of rows per team. */
function withRowsPerTeam(tuning: DecodeTuning, rowsPerTeam: GemvTuning['rowsPerTeam']): DecodeTuning {
  return { ...tuning, gemv: { ...tuning.gemv, output: { ...tuning.gemv.output, rowsPerTeam } } };
}

/** A vector with partial sums of squares in as many pieces as a producer would leave. */
function normed(context: KernelContext, hidden: number, seed: number) {
  const { gpu, tuning } = context;
  const residual = normal(seed, hidden);
  const gamma = normal(seed + 1, hidden, 0.3);
  const scaled = Float32Array.from(residual, (value, i) => value * gamma[i]!);
  const parts = Math.ceil(hidden / tuning.residualRows);
  const squares = Float32Array.from({ length: parts }, (_, part) =>
    sumOfSquares(residual.slice(part * tuning.residualRows, (part + 1) * tuning.residualRows)),
  );
  const factor = normFactor(residual, EPS);
  return {
    bound: {
      x: upload(gpu.device, 'x', scaled),
      squares: upload(gpu.device, 'squares', squares),
      parts,
      normEps: EPS,
    },
    /** [hidden] as the matrix sees it. */
    values: Float64Array.from(scaled, (value) => value * factor),
  };
}

for (const subgroups of [true, false]) {
  for (const format of FORMATS) {
    describe(`${format}, subgroups ${subgroups}`, () => {
      it('embed_token: first, last and sliced rows', async () => {
        const context = await kernelContext(subgroups);
        const { gpu, tuning } = context;
        const [rows, cols] = [131, 96];
        const { matrix, values } = randomMatrix(gpu, format, rows, cols, 1, [64, 128]);
        const gamma = normal(2, cols);
        const parts = Math.ceil(cols / tuning.residualRows);
        for (const token of [0, 63, 64, 127, 130]) {
          const residual = poisoned(gpu, 'residual', cols);
          const scaled = poisoned(gpu, 'scaled', cols);
          const squares = poisoned(gpu, 'squares', parts);
          submitAll(
            gpu,
            await embedToken(context, {
              embedding: matrix,
              gamma: upload(gpu.device, 'gamma', gamma),
              state: stateBuffer(gpu, token, 5),
              residual,
              scaled,
              squares,
            }),
          );
          const expected = values.slice(token * cols, (token + 1) * cols);
          expect(worstError(await readGuarded(gpu, residual, cols), expected)).toBeLessThan(TOLERANCE);
          const withGamma = expected.map((value, i) => value * gamma[i]!);
          expect(worstError(await readGuarded(gpu, scaled, cols), withGamma)).toBeLessThan(TOLERANCE);
          const sum = (await readGuarded(gpu, squares, parts)).reduce((a, b) => a + b, 0);
          expect(sum / sumOfSquares(expected)).toBeCloseTo(1, 4);
        }
      });

      it('gemv_residual: odd rows, cuts, next norm', async () => {
        const context = await kernelContext(subgroups);
        const { gpu, tuning } = context;
        for (const [rows, cols, cuts, rowsPerTeam] of some(format, [
          [131, 96, [64, 128], 4],
          [64, 352, [], 2],
          [1, 32, [], 4],
        ] as const)) {
          const { matrix, values } = randomMatrix(gpu, format, rows, cols, 3, cuts);
          const x = normal(4, cols);
          const before = normal(5, rows);
          const gamma = normal(6, rows);
          const residual = poisoned(gpu, 'residual', rows);
          gpu.device.queue.writeBuffer(residual, 0, before);
          const scaled = poisoned(gpu, 'scaled', rows);
          const parts = Math.ceil(rows / tuning.residualRows);
          const squares = poisoned(gpu, 'squares', parts);
          submitAll(
            gpu,
            await gemvResidual(
              { ...context, tuning: withRowsPerTeam(tuning, rowsPerTeam) },
              {
                kind: 'output',
                weights: matrix,
                x: upload(gpu.device, 'x', x),
                gamma: upload(gpu.device, 'gamma', gamma),
                residual,
                scaled,
                squares,
              },
            ),
          );
          const expected = matrixVector(values, x, rows, cols).map((value, i) => value + before[i]!);
          expect(worstError(await readGuarded(gpu, residual, rows), expected)).toBeLessThan(TOLERANCE);
          const withGamma = expected.map((value, i) => value * gamma[i]!);
          expect(worstError(await readGuarded(gpu, scaled, rows), withGamma)).toBeLessThan(TOLERANCE);
          const sum = (await readGuarded(gpu, squares, parts)).reduce((a, b) => a + b, 0);
          expect(sum / sumOfSquares(expected)).toBeCloseTo(1, 4);
        }
      });

      it('gate_up: whole and cut, odd width', async () => {
        const context = await kernelContext(subgroups);
        const { gpu } = context;
        for (const [half, cols, cuts] of [
          [99, 160, []],
          [160, 160, [64, 128, 160, 224, 288]],
        ] as const) {
          const { matrix, values } = randomMatrix(gpu, format, 2 * half, cols, 7, cuts);
          const input = normed(context, cols, 8);
          const activation = poisoned(gpu, 'activation', half);
          submitAll(gpu, await gateUp(context, { weights: matrix, activation, ...input.bound }));
          const both = matrixVector(values, input.values, 2 * half, cols);
          const expected = Float64Array.from({ length: half }, (_, i) => silu(both[i]!) * both[half + i]!);
          const found = await readGuarded(gpu, activation, half);
          expect(worstError(found, expected)).toBeLessThan(TOLERANCE * 5);
        }
      });

      it('gemv_logits: odd vocabulary, cuts', async () => {
        const context = await kernelContext(subgroups);
        const { gpu } = context;
        const [vocab, cols] = [779, 160];
        const { matrix, values } = randomMatrix(gpu, format, vocab, cols, 9, [320, 640]);
        const input = normed(context, cols, 10);
        const logits = poisoned(gpu, 'logits', vocab);
        submitAll(gpu, await gemvLogits(context, { head: matrix, logits, ...input.bound }));
        const expected = matrixVector(values, input.values, vocab, cols);
        expect(worstError(await readGuarded(gpu, logits, vocab), expected)).toBeLessThan(TOLERANCE);
      });

      it('qkv_rope: heads of several sizes, one cache row written', async () => {
        const context = await kernelContext(subgroups);
        for (const shape of some(format, [
          { heads: 3, kvHeads: 1, headDim: 36, cuts: [36, 108] },
          { heads: 4, kvHeads: 2, headDim: 80, cuts: [] },
          { heads: 1, kvHeads: 1, headDim: 256, cuts: [256, 512] },
        ])) {
          await checkQkv(context, format, shape);
        }
      });
    });
  }
}

async function checkQkv(
  context: KernelContext,
  format: WeightFormat,
  shape: { heads: number; kvHeads: number; headDim: number; cuts: readonly number[] },
): Promise<void> {
  const { gpu } = context;
  const { heads, kvHeads, headDim, cuts } = shape;
  const [cols, capacity, position] = [128, 9, 6];
  const rows = (heads + 2 * kvHeads) * headDim;
  const { matrix, values } = randomMatrix(gpu, format, rows, cols, 11, cuts);
  const input = normed(context, cols, 12);
  const half = headDim / 2;
  const table = Float32Array.from({ length: capacity * half * 2 }, (_, i) => {
    const angle = Math.floor(i / 2 / half) * 0.37 + (Math.floor(i / 2) % half) * 0.11;
    return i % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
  });
  const q = poisoned(gpu, 'q', heads * headDim);
  const cacheWords = (kvHeads * capacity * headDim) / 2;
  const cacheOf = (label: string) => upload(gpu.device, label, new Uint32Array(cacheWords).fill(0xdeadbeef));
  const [k, v] = [cacheOf('k'), cacheOf('v')];
  submitAll(
    gpu,
    await qkvRope(context, {
      heads,
      kvHeads,
      headDim,
      weights: matrix,
      ...input.bound,
      q,
      cache: { k, v },
      rope: upload(gpu.device, 'rope', table),
      state: stateBuffer(gpu, 0, position),
    }),
  );
  const projected = matrixVector(values, input.values, rows, cols);
  const angles = table.slice(position * headDim, (position + 1) * headDim);
  for (let head = 0; head < heads + kvHeads; head++) {
    rotateHead(projected.subarray(head * headDim, (head + 1) * headDim), angles);
  }
  const found = await readGuarded(gpu, q, heads * headDim);
  expect(worstError(found, projected.slice(0, heads * headDim))).toBeLessThan(TOLERANCE);
  for (const [buffer, firstHead] of [
    [k, heads],
    [v, heads + kvHeads],
  ] as const) {
    const words = new Uint16Array(await readBuffer(gpu.device, buffer)); // [kvHeads, capacity, headDim] halves
    for (let head = 0; head < kvHeads; head++) {
      for (let row = 0; row < capacity; row++) {
        const at = (head * capacity + row) * headDim;
        const stored = words.slice(at, at + headDim);
        if (row !== position) {
          expect(new Uint32Array(stored.buffer).every((word) => word === 0xdeadbeef)).toBe(true);
          continue;
        }
        const start = (firstHead + head) * headDim;
        const expected = projected.slice(start, start + headDim);
        // Half an ulp of binary16.
        expect(worstError(Float64Array.from(stored, fromHalf), expected)).toBeLessThan(3e-3);
      }
    }
  }
  expect(found.includes(Math.fround(POISON))).toBe(false);
}
