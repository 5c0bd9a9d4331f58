/**
 * Just enough of an assembler for WebAssembly to write kernels in TypeScript: every operation is a function
 * from operand code to code, loops over vectors are unrolled by the host language. Opcodes: WebAssembly core
 * specification 2.0, "Binary Format", instructions.
 */
export type Code = readonly number[];
export type ValueType = 'i32' | 'i64' | 'f32' | 'v128';

const TYPE_CODES: Record<ValueType, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, v128: 0x7b };
const NO_RESULT = 0x40;

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  return [...bytes, rest];
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest < -64 || rest > 63) {
    bytes.push((rest & 127) | 128);
    rest >>= 7;
  }
  return [...bytes, rest & 127];
}

const bytesOf = (array: ArrayBufferView) => [
  ...new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
];
const section = (id: number, bytes: Code): Code => [id, ...unsigned(bytes.length), ...bytes];
const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const text = (value: string): Code => [...unsigned(value.length), ...new TextEncoder().encode(value)];

const op =
  (...opcode: number[]) =>
  (...operands: Code[]): Code => [...operands.flat(), ...opcode];
const simd = (opcode: number) => op(0xfd, ...unsigned(opcode));
/** Natural alignment is only a hint; 0 is always right. */
const access = (opcode: number) => (address: Code, offset: number) => [
  ...address,
  opcode,
  0,
  ...unsigned(offset),
];
const store = (opcode: number) => (address: Code, value: Code) => [...address, ...value, opcode, 0, 0];
const vectorAccess = (opcode: number) => (address: Code, offset: number) => [
  ...address,
  0xfd,
  opcode,
  0,
  ...unsigned(offset),
];

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value | 0)],
  store: store(0x36),
  store16: store(0x3b),
  load: access(0x28),
  eqz: op(0x45),
  eq: op(0x46),
  lt_s: op(0x48),
  gt_s: op(0x4a),
  clz: op(0x67),
  add: op(0x6a),
  sub: op(0x6b),
  mul: op(0x6c),
  div_u: op(0x6e),
  and: op(0x71),
  or: op(0x72),
  shl: op(0x74),
  shr_u: op(0x76),
  wrap: op(0xa7),
  /** Saturates instead of trapping. */
  trunc_f32_s: op(0xfc, 0),
  reinterpret: op(0xbc),
};
export const i64 = {
  const: (value: number): Code => [0x42, ...signed(value)],
  gt_s: op(0x55),
  lt_u: op(0x54),
  add: op(0x7c),
  mul: op(0x7e),
  div_u: op(0x80),
  extend_s: op(0xac),
  extend_u: op(0xad),
};
export const f32 = {
  const: (value: number): Code => [0x43, ...bytesOf(Float32Array.of(value))],
  store: store(0x38),
  lt: op(0x5d),
  ge: op(0x60),
  neg: op(0x8c),
  nearest: op(0x90),
  add: op(0x92),
  mul: op(0x94),
  div: op(0x95),
  max: op(0x97),
  min: op(0x96),
  convert_s: op(0xb2),
  reinterpret: op(0xbe),
};
export const v128 = {
  const: (array: ArrayBufferView): Code => [0xfd, 12, ...bytesOf(array)],
  load: vectorAccess(0),
  /** Eight u8 widened to i16. */
  load8x8_u: vectorAccess(2),
  store: (address: Code, value: Code): Code => [...address, ...value, 0xfd, 11, 0, 0],
  and: simd(78),
  or: simd(80),
  /** Bits of `whenOne` where the mask has ones, else of `whenZero`. */
  bitselect: simd(82),
  anyTrue: simd(83),
};
export const i8x16 = { narrow_u: simd(0x66) };
export const i16x8 = {
  splat: simd(0x10),
  const: (value: number) => v128.const(new Int16Array(8).fill(value)),
  /** (a b + 2^14) >> 15 */
  q15mulr_s: simd(0x82),
  neg: simd(0x81),
  narrow_s: simd(0x85),
  narrow_u: simd(0x86),
  gt_s: simd(0x31),
  shr_s: simd(0x8c),
  shr_u: simd(0x8d),
  add: simd(0x8e),
  mul: simd(0x95),
  min_s: simd(0x96),
  max_s: simd(0x98),
};
export const i32x4 = {
  const: (value: number) => v128.const(new Int32Array(4).fill(value)),
  extract: (lane: number, value: Code): Code => [...value, 0xfd, 0x1b, lane],
  /** Four lanes of the eight of `a` and `b`. */
  shuffle: (a: Code, b: Code, lanes: readonly number[]): Code => [
    ...a,
    ...b,
    0xfd,
    13,
    ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)),
  ],
  extend_low_s: simd(0xa7),
  extend_high_s: simd(0xa8),
  extend_low_u: simd(0xa9),
  extend_high_u: simd(0xaa),
  shl: simd(0xab),
  shr_u: simd(0xad),
  add: simd(0xae),
  sub: simd(0xb1),
  min_s: simd(0xb6),
  extmul_low_s: simd(0xbc),
  extmul_high_s: simd(0xbd),
  /** Products of i16 lanes, added in pairs. */
  dot_i16x8_s: simd(0xba),
  trunc_f32x4_s: simd(0xf8),
};
export const i64x2 = {
  const: (value: number) => v128.const(new BigInt64Array(2).fill(BigInt(value))),
  extract: (lane: number, value: Code): Code => [...value, 0xfd, 0x1d, lane],
  add: simd(0xce),
  extmul_low_u: simd(0xde),
  extmul_high_u: simd(0xdf),
};
export const f32x4 = {
  splat: simd(0x13),
  const: (value: number) => v128.const(new Float32Array(4).fill(value)),
  extract: (lane: number, value: Code): Code => [...value, 0xfd, 0x1f, lane],
  eq: simd(0x41),
  lt: simd(0x43),
  nearest: simd(0x6a),
  abs: simd(0xe0),
  add: simd(0xe4),
  sub: simd(0xe5),
  mul: simd(0xe6),
  div: simd(0xe7),
  min: simd(0xe8),
  max: simd(0xe9),
  convert_s: simd(0xfa),
};

/** `whenTrue` if the condition is not 0; both are evaluated. */
export const select = (whenTrue: Code, whenFalse: Code, condition: Code): Code => [
  ...whenTrue,
  ...whenFalse,
  ...condition,
  0x1b,
];
export const giveBack = (value: Code): Code => [...value, 0x0f];
export const when = (condition: Code, body: readonly Code[], otherwise?: readonly Code[]): Code => [
  ...condition,
  0x04,
  NO_RESULT,
  ...body.flat(),
  ...(otherwise ? [0x05, ...otherwise.flat()] : []),
  0x0b,
];
/** Runs the body at least once, and again while the condition holds. */
export const repeatWhile = (condition: Code, body: readonly Code[]): Code => [
  0x03,
  NO_RESULT,
  ...body.flat(),
  ...condition,
  0x0d,
  0,
  0x0b,
];

export interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

/** A function with i32 parameters and an i32 result. */
export class FunctionBuilder {
  private readonly locals: ValueType[] = [];
  private body: Code = [];

  constructor(private readonly params: number) {}

  param(index: number): Local {
    return { get: [0x20, ...unsigned(index)], set: (value) => [...value, 0x21, ...unsigned(index)] };
  }

  local(type: ValueType): Local {
    this.locals.push(type);
    return this.param(this.params + this.locals.length - 1);
  }

  code(body: readonly Code[]): this {
    this.body = body.flat();
    return this;
  }

  typeBytes(): Code {
    const i32s = (count: number) => vector(Array.from({ length: count }, () => [TYPE_CODES.i32]));
    return [0x60, ...i32s(this.params), ...i32s(1)];
  }

  bodyBytes(): Code {
    const bytes = [...vector(this.locals.map((type) => [1, TYPE_CODES[type]])), ...this.body, 0x0b];
    return [...unsigned(bytes.length), ...bytes];
  }
}

/** A module that exports `memory` (one page, growable) and the functions by name. */
export function assembleModule(
  functions: Readonly<Record<string, FunctionBuilder>>,
): Uint8Array<ArrayBuffer> {
  const builders = Object.values(functions);
  const exported = Object.keys(functions).map((name, index) => [...text(name), 0, ...unsigned(index)]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(builders.map((builder) => builder.typeBytes()))),
    ...section(3, vector(builders.map((_, index) => unsigned(index)))),
    ...section(5, vector([[0, 1]])),
    ...section(7, vector([...exported, [...text('memory'), 2, 0]])),
    ...section(10, vector(builders.map((builder) => builder.bodyBytes()))),
  ]);
}
