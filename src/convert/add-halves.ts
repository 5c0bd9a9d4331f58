/**
 * f16(a + b) of whole tensors: in WebAssembly with 128-bit vectors where the host has them, else in loops, to the
 * same bits. Rounding the sum to f32 on the way changes nothing: 24 bits are twice 11 plus 2 (Figueroa, When is
 * double rounding innocuous?, 1995).
 */
import { halfToFloat, toHalves } from './half-tables';
import {
  type Code,
  FunctionBuilder,
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
import { type Kernels, lazyKernels } from './wasm-host';

const LANES = 8;
/** Difference of the exponents' biases of f32 and f16, in f16's place. */
const EXPONENT_SHIFT = (127 - 15) << 10;
const HALF_INFINITY = 0x7c00;

/** Addresses of a, b and the sum, and their length in bytes; 1 where a number is not finite, the sum then worthless. */
const kernels = lazyKernels(() => ({ add: addKernel() }));

/** All [n] f16; the result owns its buffer. Infinities and NaN add up as in IEEE 754. */
export function addHalves(a: Uint16Array, b: Uint16Array): Uint16Array<ArrayBuffer> {
  const fast = a.length > 0 && a.length % LANES === 0 ? kernels() : null;
  return (fast && addWithVectors(fast, a, b)) ?? addInLoops(a, b);
}

/** The definition. */
export function addInLoops(a: Uint16Array, b: Uint16Array): Uint16Array<ArrayBuffer> {
  const values = halfToFloat();
  const sum = new Float32Array(a.length); // [n] f32
  for (let i = 0; i < sum.length; i++) sum[i] = values[a[i]!]! + values[b[i]!]!;
  return toHalves(new Uint8Array(sum.buffer), 'F32');
}

/** Undefined where a number is not finite. */
function addWithVectors(
  { memory, run }: Kernels<'add'>,
  a: Uint16Array,
  b: Uint16Array,
): Uint16Array<ArrayBuffer> | undefined {
  const bytes = a.byteLength;
  const halves = new Uint16Array(memory(3 * bytes));
  halves.set(a, 0);
  halves.set(b, a.length);
  if (run.add(0, bytes, 2 * bytes, bytes) !== 0) return undefined;
  return halves.slice(2 * a.length, 3 * a.length);
}

export function addKernel(): FunctionBuilder {
  const kernel = new FunctionBuilder(4);
  const [a, b, sum, end] = [0, 1, 2, 3].map((i) => kernel.param(i)) as [Local, Local, Local, Local];
  const [first, second, bad] = [kernel.local('v128'), kernel.local('v128'), kernel.local('v128')];
  const low = halfSum(kernel, i32x4.extend_low_u, first, second);
  const high = halfSum(kernel, i32x4.extend_high_u, first, second);
  const isBad = (halves: Local) =>
    i16x8.gt_s(v128.and(halves.get, i16x8.const(0x7fff)), i16x8.const(HALF_INFINITY - 1));
  const advance = (local: Local) => local.set(i32.add(local.get, i32.const(16)));
  return kernel.code([
    repeatWhile(i32.lt_s(a.get, end.get), [
      first.set(v128.load(a.get, 0)),
      second.set(v128.load(b.get, 0)),
      bad.set(v128.or(bad.get, v128.or(isBad(first), isBad(second)))),
      ...low.code,
      ...high.code,
      v128.store(sum.get, i16x8.narrow_u(low.result.get, high.result.get)),
      ...[a, b, sum].map(advance),
    ]),
    when(v128.anyTrue(bad.get), [giveBack(i32.const(1))]),
    i32.const(0),
  ]);
}

/** Four lanes of a + b as f16 bits in i32. */
function halfSum(kernel: FunctionBuilder, extend: (value: Code) => Code, a: Local, b: Local) {
  const [wide, sum, magnitude, result] = [1, 2, 3, 4].map(() => kernel.local('v128')) as [
    Local,
    Local,
    Local,
    Local,
  ];
  const widened = v128.or(
    f32x4.mul(i32x4.shl(v128.and(wide.get, i32x4.const(0x7fff)), i32.const(13)), f32x4.const(2 ** 112)),
    i32x4.shl(v128.and(wide.get, i32x4.const(0x8000)), i32.const(16)),
  );
  const isOdd = v128.and(i32x4.shr_u(magnitude.get, i32.const(13)), i32x4.const(1));
  const rounded = i32x4.add(i32x4.add(magnitude.get, i32x4.const(0xfff)), isOdd);
  const normal = i32x4.min_s(
    i32x4.sub(i32x4.shr_u(rounded, i32.const(13)), i32x4.const(EXPONENT_SHIFT)),
    i32x4.const(HALF_INFINITY),
  );
  // A sum of two multiples of 2^-24 is one.
  const subnormal = i32x4.trunc_f32x4_s(f32x4.mul(magnitude.get, f32x4.const(2 ** 24)));
  const isSmall = f32x4.lt(magnitude.get, f32x4.const(2 ** -14));
  const sign = v128.and(i32x4.shr_u(sum.get, i32.const(16)), i32x4.const(0x8000));
  const code = [
    wide.set(extend(a.get)),
    sum.set(widened),
    wide.set(extend(b.get)),
    sum.set(f32x4.add(sum.get, widened)),
    magnitude.set(v128.and(sum.get, i32x4.const(0x7fffffff))),
    result.set(v128.or(v128.bitselect(subnormal, normal, isSmall), sign)),
  ];
  return { code, result };
}
