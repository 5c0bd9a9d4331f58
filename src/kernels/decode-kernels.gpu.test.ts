/**
 * Matrix-vector kernels against float64: formats, teams, rows per team and maths, cut matrices, odd row counts. Each
 * combination compiles its own pipelines, which is what takes the time here: some run every kernel, some only one.
 */
import { describe, expect, it } from 'vitest';
import { fromHalf } from '../core/half';
import { readBuffer, upload } from '../gpu/test-gpu';
import { matrixVector } from './cpu/matrix-vector';
import { quantizeRows as quantizeRowsCpu, readQuantizedRows } from './cpu/quantize-rows';
import { normFactor, silu, sumOfSquares } from './cpu/rms-norm';
import { rotateHead } from './cpu/rope';
import type { DecodeTuning, GemvMath, GemvTuning } from './decode-tuning';
import type { KernelContext } from './dispatch';
import { embedToken } from './embed-token';
import { gateUp } from './gate-up';
import { gemvLogits } from './gemv-logits';
import { gemvResidual } from './gemv-residual';
import { qkvRope } from './qkv-rope';
import { quantizedRowBytes, quantizeRows } from './quantize-rows';
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
/** Activations rounded to 1/254 of the largest of 32: about 0.6 % of the result's root mean square; its worst of many. */
const INT8_TOLERANCE = 3e-2;

interface Combination {
  readonly format: WeightFormat;
  readonly team: GemvTuning['team'];
  readonly rowsPerTeam: GemvTuning['rowsPerTeam'];
  readonly math: GemvMath;
}

const combination = (
  format: WeightFormat,
  team: 'subgroup' | 'workgroup' | 'lane',
  rowsPerTeam: GemvTuning['rowsPerTeam'],
  math: GemvMath = 'f32',
): Combination => ({ format, team: `team_${team}`, rowsPerTeam, math });

/** Run through every kernel. */
const FULL = [combination('q4f16', 'lane', 4, 'masked'), combination('q4f16', 'workgroup', 2, 'int8')];
/** Run through gemv_residual. */
const PARTIAL = [
  combination('q4f16', 'subgroup', 4),
  combination('q4f16', 'subgroup', 8),
  combination('q4f32', 'lane', 8, 'masked'),
  combination('q4f16', 'workgroup', 2, 'masked'),
  combination('q4f16', 'lane', 2, 'int8'),
  combination('f16', 'lane', 2),
  combination('f32', 'lane', 2),
  combination('q4f16', 'workgroup', 8),
  combination('q4f16', 'subgroup', 4, 'half'),
  combination('q4f32', 'subgroup', 2, 'int8'),
  combination('q4f32', 'workgroup', 2),
  combination('f16', 'subgroup', 2),
  combination('f16', 'workgroup', 2),
  combination('f32', 'subgroup', 2),
  // A wish its format cannot have falls back to f32.
  combination('f32', 'workgroup', 2, 'int8'),
];

/** The context of a combination, several teams and several rounds of rows per workgroup; none where it cannot run. */
async function contextOf({ team, rowsPerTeam, math }: Combination): Promise<KernelContext | undefined> {
  const context = await kernelContext(team !== 'team_workgroup');
  const { f16, subgroups, subgroupMaxSize } = context.gpu.features;
  const isApart = team === 'team_workgroup';
  if ((!isApart && !subgroups) || (math === 'half' && !f16)) {
    console.warn(`NOT RUN: ${team} ${math}, the adapter does not offer it`);
    return undefined;
  }
  const teamConstants: Record<string, number> = isApart ? { WG: 16, LANES: 8 } : { WG: 2 * subgroupMaxSize };
  const gemv = { team, teamConstants, rows: 32, rowsPerTeam, math };
  const tuning: DecodeTuning = {
    ...context.tuning,
    gemv: { qkv: gemv, output: gemv, gateUp: gemv, down: gemv, head: gemv },
    residualRows: gemv.rows,
  };
  return { ...context, tuning };
}

/** `x` as the math of the combination takes it, and as the matrix then sees it. */
async function inputOf(
  { gpu, pipelines }: KernelContext,
  { format, math }: Combination,
  x: Float32Array<ArrayBuffer>,
) {
  const buffer = upload(gpu.device, 'x', x);
  if (math !== 'int8' || !format.startsWith('q4')) return { x: buffer, values: Float64Array.from(x) };
  const packed = upload(gpu.device, 'packed', new Uint8Array(quantizedRowBytes(x.length)));
  submitAll(gpu, [await quantizeRows({ gpu, pipelines }, { rows: 1, cols: x.length, x: buffer, y: packed })]);
  const { integers, scales } = readQuantizedRows(new Uint32Array(await readBuffer(gpu.device, packed)));
  return { x: packed, values: Float64Array.from(integers, (value, i) => value * scales[i >> 5]!) };
}

/** A vector with partial sums of squares in as many pieces as a producer would leave. */
async function normed(context: KernelContext, combination: Combination, hidden: number, seed: number) {
  const { gpu, tuning } = context;
  const residual = normal(seed, hidden);
  const gamma = normal(seed + 1, hidden, 0.3);
  const scaled = Float32Array.from(residual, (value, i) => value * gamma[i]!);
  const parts = Math.ceil(hidden / tuning.residualRows);
  const squares = Float32Array.from({ length: parts }, (_, part) =>
    sumOfSquares(residual.slice(part * tuning.residualRows, (part + 1) * tuning.residualRows)),
  );
  const factor = normFactor(residual, EPS);
  const { x, values } = await inputOf(context, combination, scaled);
  return {
    bound: { x, squares: upload(gpu.device, 'squares', squares), parts, normEps: EPS },
    /** [hidden] as the matrix sees it. */
    values: values.map((value) => value * factor),
  };
}

const titleOf = ({ format, team, rowsPerTeam, math }: Combination) =>
  `${format}, ${team}, ${rowsPerTeam} rows, ${math}`;

for (const each of [...FULL, ...PARTIAL]) {
  it(`gemv_residual: odd rows, cuts, next norm; ${titleOf(each)}`, async () => {
    const context = await contextOf(each);
    if (context) await checkResidual(context, each);
  });
}

for (const each of FULL) {
  describe(titleOf(each), () => {
    it('gate_up: whole and cut, odd width', async () => {
      const context = await contextOf(each);
      if (!context) return;
      const { gpu } = context;
      for (const [half, cols, cuts] of [
        [99, 160, []],
        [160, 160, [64, 128, 160, 224, 288]],
      ] as const) {
        const { matrix, values } = randomMatrix(gpu, each.format, 2 * half, cols, 7, cuts);
        const input = await normed(context, each, cols, 8);
        const activation = poisoned(gpu, 'activation', half);
        submitAll(gpu, await gateUp(context, { weights: matrix, activation, ...input.bound }));
        const both = matrixVector(values, input.values, 2 * half, cols);
        const expected = Float64Array.from({ length: half }, (_, i) => silu(both[i]!) * both[half + i]!);
        const found = await readGuarded(gpu, activation, half);
        expect(worstError(found, expected)).toBeLessThan(TOLERANCE * 5);
      }
    });

    it('gemv_logits: odd vocabulary, cuts', async () => {
      const context = await contextOf(each);
      if (!context) return;
      const { gpu } = context;
      const [vocab, cols] = [779, 160];
      const { matrix, values } = randomMatrix(gpu, each.format, vocab, cols, 9, [320, 640]);
      const input = await normed(context, each, cols, 10);
      const logits = poisoned(gpu, 'logits', vocab);
      submitAll(gpu, await gemvLogits(context, { head: matrix, logits, ...input.bound }));
      const expected = matrixVector(values, input.values, vocab, cols);
      expect(worstError(await readGuarded(gpu, logits, vocab), expected)).toBeLessThan(TOLERANCE);
    });

    it('qkv_rope: an odd head size, cuts, one cache row written', async () => {
      const context = await contextOf(each);
      if (!context) return;
      await checkQkv(context, each, { heads: 3, kvHeads: 1, headDim: 36, cuts: [36, 108] });
    });
  });
}

for (const format of FORMATS) {
  it(`embed_token: first, last and sliced rows; ${format}`, async () => {
    const context = await kernelContext(false);
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
}

it('quantize_rows: integers, scales, zeros, a group of nothing', async () => {
  const context = await kernelContext(false);
  const { gpu } = context;
  const [rows, cols] = [3, 160];
  const x = normal(21, rows * cols, 3);
  x.fill(0, 32, 64);
  x[70] = 1e4;
  const packed = poisoned(gpu, 'packed', (rows * cols * 12) / 32);
  submitAll(gpu, [await quantizeRows(context, { rows, cols, x: upload(gpu.device, 'x', x), y: packed })]);
  const words = new Uint32Array(
    (await readGuarded(gpu, packed, (rows * cols * 12) / 32)).buffer as ArrayBuffer,
  );
  const found = readQuantizedRows(words);
  const expected = quantizeRowsCpu(x);
  expect(worstError(found.scales, expected.scales)).toBeLessThan(1e-6);
  for (const [i, value] of found.integers.entries()) {
    const exact = x[i]! / expected.scales[i >> 5]!;
    // Division on a GPU may be off by some units in the last place, which moves a tie to the other side.
    if (Math.abs(Math.abs(exact % 1) - 0.5) > 1e-4) expect(value).toBe(expected.integers[i]);
    expect(Math.abs(value - exact)).toBeLessThan(0.5001);
  }
  const zeros = expected.scales.map(
    (scale, group) =>
      7 * scale * found.integers.slice(group * 32, group * 32 + 32).reduce((a, b) => a + b, 0),
  );
  expect(worstError(found.zeros, zeros)).toBeLessThan(1e-6);
});

async function checkResidual(context: KernelContext, each: Combination): Promise<void> {
  const { gpu, tuning } = context;
  const cols = 352;
  for (const [rows, cuts] of [
    [131, [64, 128]],
    [1, []],
  ] as const) {
    const { matrix, values } = randomMatrix(gpu, each.format, rows, cols, 3, cuts);
    const exact = normal(4, cols);
    const input = await inputOf(context, each, exact);
    // Away from zero: a single row that cancels would leave nothing to measure errors by.
    const before = normal(5, rows).map((value) => value - 1);
    const gamma = normal(6, rows);
    const residual = poisoned(gpu, 'residual', rows);
    gpu.device.queue.writeBuffer(residual, 0, before);
    const scaled = poisoned(gpu, 'scaled', rows);
    const parts = Math.ceil(rows / tuning.residualRows);
    const squares = poisoned(gpu, 'squares', parts);
    submitAll(
      gpu,
      await gemvResidual(context, {
        kind: 'output',
        weights: matrix,
        x: input.x,
        gamma: upload(gpu.device, 'gamma', gamma),
        residual,
        scaled,
        squares,
      }),
    );
    const expected = matrixVector(values, input.values, rows, cols).map((value, i) => value + before[i]!);
    const found = await readGuarded(gpu, residual, rows);
    expect(worstError(found, expected)).toBeLessThan(TOLERANCE);
    const withGamma = expected.map((value, i) => value * gamma[i]!);
    expect(worstError(await readGuarded(gpu, scaled, rows), withGamma)).toBeLessThan(TOLERANCE);
    const sum = (await readGuarded(gpu, squares, parts)).reduce((a, b) => a + b, 0);
    expect(sum / sumOfSquares(expected)).toBeCloseTo(1, 4);
    if (each.math === 'int8' && rows > 1) {
      const unrounded = matrixVector(values, exact, rows, cols);
      expect(
        worstError(
          found.map((value, i) => value - before[i]!),
          unrounded,
        ),
      ).toBeLessThan(INT8_TOLERANCE);
    }
  }
}

async function checkQkv(
  context: KernelContext,
  each: Combination,
  shape: { heads: number; kvHeads: number; headDim: number; cuts: readonly number[] },
): Promise<void> {
  const { gpu } = context;
  const { heads, kvHeads, headDim, cuts } = shape;
  const [cols, capacity, position] = [128, 9, 6];
  const rows = (heads + 2 * kvHeads) * headDim;
  const { matrix, values } = randomMatrix(gpu, each.format, rows, cols, 11, cuts);
  const input = await normed(context, each, cols, 12);
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
