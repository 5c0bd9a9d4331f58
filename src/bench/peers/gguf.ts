/**
 * Header of a GGUF file (version 3, little-endian): metadata and tensor table, padded so that data may follow. Source:
 * the format's description in ggml-org/ggml, docs/gguf.md.
 */
const MAGIC = 0x46554747;
const VERSION = 3;
/** Every tensor's data starts at a multiple of this many bytes after the header. */
export const GGUF_ALIGNMENT = 32;

/** Codes of ggml's tensor types. */
const GGML_TYPE = { f32: 0, q4_0: 2 } as const;
const VALUE = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;

export type GgufValue =
  | { readonly type: 'u32' | 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly values: readonly string[] }
  | { readonly type: 'i32s' | 'f32s'; readonly values: readonly number[] };

export interface GgufTensor {
  readonly name: string;
  /** Fastest dimension first: [columns, rows], or [length]. */
  readonly shape: readonly number[];
  readonly type: keyof typeof GGML_TYPE;
  readonly sizeBytes: number;
}

/** Tensor data follow in the order given, each padded by `paddingAfter(sizeBytes)` zeros. */
export function ggufHeader(
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  const entries = Object.entries(metadata);
  out.u32(MAGIC);
  out.u32(VERSION);
  out.u64(tensors.length);
  out.u64(entries.length);
  for (const [key, value] of entries) {
    out.string(key);
    writeValue(out, value);
  }
  let offset = 0;
  for (const { name, shape, type, sizeBytes } of tensors) {
    out.string(name);
    out.u32(shape.length);
    for (const length of shape) out.u64(length);
    out.u32(GGML_TYPE[type]);
    out.u64(offset);
    offset += sizeBytes + paddingAfter(sizeBytes);
  }
  out.zeros(paddingAfter(out.length));
  return out.bytes();
}

/** Zeros between the end of something and the next multiple of the alignment. */
export function paddingAfter(sizeBytes: number): number {
  return (GGUF_ALIGNMENT - (sizeBytes % GGUF_ALIGNMENT)) % GGUF_ALIGNMENT;
}

function writeValue(out: ByteWriter, value: GgufValue): void {
  switch (value.type) {
    case 'u32':
      out.u32(VALUE.u32);
      out.u32(value.value);
      break;
    case 'f32':
      out.u32(VALUE.f32);
      out.f32(value.value);
      break;
    case 'bool':
      out.u32(VALUE.bool);
      out.u8(value.value ? 1 : 0);
      break;
    case 'string':
      out.u32(VALUE.string);
      out.string(value.value);
      break;
    case 'strings':
      out.array(VALUE.string, value.values.length);
      for (const text of value.values) out.string(text);
      break;
    case 'i32s':
      out.array(VALUE.i32, value.values.length);
      for (const number of value.values) out.u32(number >>> 0);
      break;
    case 'f32s':
      out.array(VALUE.f32, value.values.length);
      for (const number of value.values) out.f32(number);
      break;
  }
}

/** Little-endian bytes that grow as they are written. */
class ByteWriter {
  private buffer = new Uint8Array(1 << 16);
  private view = new DataView(this.buffer.buffer);
  length = 0;

  u8(value: number): void {
    this.reserve(1);
    this.view.setUint8(this.length, value);
    this.length += 1;
  }

  u32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.length, value, true);
    this.length += 4;
  }

  u64(value: number): void {
    this.reserve(8);
    this.view.setBigUint64(this.length, BigInt(value), true);
    this.length += 8;
  }

  f32(value: number): void {
    this.reserve(4);
    this.view.setFloat32(this.length, value, true);
    this.length += 4;
  }

  string(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.u64(bytes.length);
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  array(elementType: number, length: number): void {
    this.u32(VALUE.array);
    this.u32(elementType);
    this.u64(length);
  }

  zeros(count: number): void {
    this.reserve(count);
    this.length += count;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.length);
  }

  private reserve(count: number): void {
    if (this.length + count <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(2 * this.buffer.length, this.length + count));
    larger.set(this.buffer);
    this.buffer = larger;
    this.view = new DataView(larger.buffer);
  }
}
