/**
 * The plain rule of quantize.ts in WebAssembly with 128-bit vectors, to the same bytes: f32 division is
 * correctly rounded, and rounding its result once more to f16 changes nothing that rounding the exact quotient
 * would not (24 bits are twice 11 plus 2).
 */
import { type KernelInput, loadValues, storeNibbles } from './group-code';
import {
  type Code,
  FunctionBuilder,
  f32,
  f32x4,
  giveBack,
  i16x8,
  i32,
  i32x4,
  type Local,
  repeatWhile,
  v128,
  when,
} from './wasm-assembler';

const GROUP = 32;
const LANES = [0, 1, 2, 3];
const LEAST_NORMAL_HALF = 2 ** -14;
/** Difference of the exponents' biases of f32 and f16, in f16's place. */
const EXPONENT_SHIFT = (127 - 15) << 10;

/** (weights, words, scales, groups) -> first bad group or -1; the first three are addresses. */
export function plainKernel(input: KernelInput): FunctionBuilder {
  const kernel = new FunctionBuilder(4);
  const [weights, words, scales, groups] = [0, 1, 2, 3].map((i) => kernel.param(i)) as [
    Local,
    Local,
    Local,
    Local,
  ];
  const index = kernel.local('i32');
  const advance = (local: Local, bytes: number) => local.set(i32.add(local.get, i32.const(bytes)));
  return kernel.code([
    repeatWhile(i32.lt_s(index.get, groups.get), [
      ...oneGroup(kernel, input, { weights, words, scales, index }),
      advance(weights, input === 'f16' ? GROUP * 2 : GROUP * 4),
      advance(words, GROUP / 2),
      advance(scales, input === 'f16' ? 2 : 4),
      advance(index, 1),
    ]),
    i32.const(-1),
  ]);
}

interface Group {
  readonly weights: Local;
  readonly words: Local;
  readonly scales: Local;
  readonly index: Local;
}

function oneGroup(kernel: FunctionBuilder, input: KernelInput, group: Group): Code[] {
  const values = Array.from({ length: 8 }, () => kernel.local('v128')); // f32 [8][4]
  const [tops, divisor] = [kernel.local('v128'), kernel.local('v128')];
  const [top, scale, bits] = [kernel.local('f32'), kernel.local('f32'), kernel.local('i32')];
  const lanes = LANES.map((lane) => f32x4.extract(lane, tops.get));
  // Infinities and NaN of f16 are 65536 and more after the widening.
  const limit = f32.const(input === 'f16' ? 65536 : Number.POSITIVE_INFINITY);
  const storeScale = input === 'f16' ? i32.store16 : i32.store;
  return [
    ...loadValues(input, group.weights.get, values),
    tops.set(values.map(({ get }) => f32x4.abs(get)).reduce((a, b) => f32x4.max(a, b))),
    top.set(lanes.reduce((a, b) => f32.max(a, b))),
    when(i32.eqz(f32.lt(top.get, limit)), [giveBack(group.index.get)]),
    scale.set(f32.div(top.get, f32.const(7))),
    ...(input === 'f16' ? roundToHalf(scale, bits) : [bits.set(i32.reinterpret(scale.get))]),
    storeScale(group.scales.get, bits.get),
    when(
      i32.eqz(bits.get),
      [v128.store(group.words.get, i32x4.const(0x77777777))],
      [divisor.set(f32x4.splat(scale.get)), ...storeCodes(kernel, input, group.words.get, values, divisor)],
    ),
  ];
}

/** A value of at least 0 to f16, ties to even: its bits, and what they stand for. */
function roundToHalf(value: Local, bits: Local): Code[] {
  const isSmall = f32.lt(value.get, f32.const(LEAST_NORMAL_HALF));
  const source = i32.reinterpret(value.get);
  const isOdd = i32.and(i32.shr_u(source, i32.const(13)), i32.const(1));
  const normal = i32.shr_u(i32.add(i32.add(source, i32.const(0xfff)), isOdd), i32.const(13));
  const steps = f32.nearest(f32.mul(value.get, f32.const(2 ** 24)));
  return [
    when(
      isSmall,
      [bits.set(i32.trunc_f32_s(steps)), value.set(f32.mul(steps, f32.const(2 ** -24)))],
      [
        bits.set(normal),
        value.set(f32.reinterpret(i32.shl(bits.get, i32.const(13)))),
        bits.set(i32.sub(bits.get, i32.const(EXPONENT_SHIFT))),
      ],
    ),
  ];
}

function storeCodes(
  kernel: FunctionBuilder,
  input: KernelInput,
  words: Code,
  values: readonly Local[],
  divisor: Local,
): Code[] {
  const [quotient, nearest, rest] = [kernel.local('v128'), kernel.local('v128'), kernel.local('v128')];
  const codes = [0, 1, 2, 3].map(() => kernel.local('v128')); // i16 [4][8]
  const isOdd = v128.and(i32x4.shr_u(quotient.get, i32.const(13)), i32x4.const(1));
  const asHalf = v128.and(
    i32x4.add(i32x4.add(quotient.get, i32x4.const(0xfff)), isOdd),
    i32x4.const(~0x1fff),
  );
  // Ties go to the even code, which is the odd one of the integers around the quotient: 7 lies between them.
  const isTie = f32x4.eq(f32x4.abs(rest.get), f32x4.const(0.5));
  const other = v128.and(isTie, f32x4.add(rest.get, rest.get));
  const coded = f32x4.add(f32x4.add(nearest.get, other), f32x4.const(7));
  const clamped = f32x4.min(f32x4.max(coded, f32x4.const(0)), f32x4.const(14));
  const toCodes = (value: Local) => [
    quotient.set(f32x4.div(value.get, divisor.get)),
    // Below f16's least normal number the bits come out otherwise, and the code is 7 all the same.
    ...(input === 'f16' ? [quotient.set(asHalf)] : []),
    nearest.set(f32x4.nearest(quotient.get)),
    rest.set(f32x4.sub(quotient.get, nearest.get)),
    value.set(i32x4.trunc_f32x4_s(clamped)),
  ];
  return [
    ...values.flatMap(toCodes),
    ...codes.map((code, h) => code.set(i16x8.narrow_s(values[2 * h]!.get, values[2 * h + 1]!.get))),
    ...storeNibbles(words, codes),
  ];
}
