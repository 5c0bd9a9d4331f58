/**
 * Reads the pickle inside a PyTorch file. A pickle is a program that may call any Python function; this
 * machine knows the opcodes that data needs, calls happen only to what is on the closed list of
 * torch-values.ts, and anything else ends in `pickle-refused` with the name. No byte of the pickle decides
 * more than lengths, which are checked against the input. Opcodes: CPython `pickletools`.
 */
import { AppError } from '../core/errors';
import {
  Callable,
  Dict,
  GLOBALS,
  MARK,
  Malformed,
  needSize,
  Storage,
  StorageType,
  type Value,
} from './torch-values';

/**
 * The value that a pickle builds. Throws AppError `pickle-refused` {file, name} or `format-invalid` {file, reason};
 * `check` is run on the value, and what it finds `Malformed` is told in the same way.
 */
export function unpickle<T>(pickle: Uint8Array, file: string, check: (value: Value) => T): T {
  try {
    return check(new Unpickler(pickle, file).run());
  } catch (error) {
    if (error instanceof Malformed || error instanceof RangeError) {
      throw new AppError('format-invalid', { file, reason: `pickle: ${error.message}` }, error);
    }
    throw error;
  }
}

/**
 * Most opcodes, values to keep (containers, memos) and pairs copied of one pickle. A state dict takes about a
 * hundred opcodes and twenty such values a tensor; a pickle that is made to harm asks for one with every byte, or
 * names a long list again and again.
 */
const MOST_OPCODES = 2_000_000;
const MOST_KEPT = 400_000;
const MOST_PAIRS = 500_000;

class Unpickler {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  readonly #stack: Value[] = [];
  readonly #memo = new Map<number, Value>();
  #at = 0;
  #kept = 0;
  #pairs = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
  }

  run(): Value {
    for (let steps = 0; steps < MOST_OPCODES; steps++) {
      const opcode = this.#byte();
      if (opcode === 0x2e) return this.#pop(); // STOP
      this.#step(opcode);
    }
    throw new Malformed('too many opcodes');
  }

  #step(opcode: number): void {
    const stack = this.#stack;
    switch (opcode) {
      case 0x80: // PROTO
        this.#byte();
        return;
      case 0x95: // FRAME
        this.#skip(8);
        return;
      case 0x28: // MARK
        stack.push(MARK);
        return;
      case 0x30: // POP
        this.#pop();
        return;
      case 0x4e: // NONE
        stack.push(null);
        return;
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        stack.push(opcode === 0x88);
        return;
      case 0x7d: // EMPTY_DICT
        this.#pushContainer(new Dict());
        return;
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        this.#pushContainer([]);
        return;
      case 0x74: // TUPLE
      case 0x6c: // LIST
        this.#pushContainer(this.#popToMark());
        return;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.#pushContainer(this.#popMany(opcode - 0x84));
        return;
      case 0x64: // DICT
        this.#pushContainer(this.#setItems(new Dict(), this.#popToMark()));
        return;
      case 0x61: // APPEND
        this.#append(this.#popMany(1));
        return;
      case 0x65: // APPENDS
        this.#append(this.#popToMark());
        return;
      case 0x73: // SETITEM
        this.#setItems(undefined, this.#popMany(2));
        return;
      case 0x75: // SETITEMS
        this.#setItems(undefined, this.#popToMark());
        return;
      case 0x71: // BINPUT
        this.#remember(this.#byte());
        return;
      case 0x72: // LONG_BINPUT
        this.#remember(this.#uint32());
        return;
      case 0x94: // MEMOIZE
        this.#remember(this.#memo.size);
        return;
      case 0x68: // BINGET
        this.#recall(this.#byte());
        return;
      case 0x6a: // LONG_BINGET
        this.#recall(this.#uint32());
        return;
      case 0x63: // GLOBAL
        this.#global(this.#line(), this.#line());
        return;
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string') {
          throw new Malformed('a name that is no text');
        }
        this.#global(module, name);
        return;
      }
      case 0x52: // REDUCE
        this.#reduce();
        return;
      case 0x62: // BUILD
        this.#build();
        return;
      case 0x51: // BINPERSID
        stack.push(this.#storage(this.#pop()));
        return;
      default:
        this.#scalar(opcode);
    }
  }

  #scalar(opcode: number): void {
    const stack = this.#stack;
    switch (opcode) {
      case 0x4b: // BININT1
        stack.push(this.#byte());
        return;
      case 0x4d: // BININT2
        stack.push(this.#byte() + this.#byte() * 256);
        return;
      case 0x4a: // BININT
        stack.push(this.#view.getInt32(this.#skip(4), true));
        return;
      case 0x8a: // LONG1
        stack.push(this.#long(this.#byte()));
        return;
      case 0x47: // BINFLOAT
        stack.push(this.#view.getFloat64(this.#skip(8), false));
        return;
      case 0x58: // BINUNICODE
        stack.push(this.#text(this.#uint32()));
        return;
      case 0x8c: // SHORT_BINUNICODE
      case 0x55: // SHORT_BINSTRING
        stack.push(this.#text(this.#byte()));
        return;
      default:
        throw this.#refused(`opcode 0x${opcode.toString(16)}`);
    }
  }

  #global(module: string, name: string): void {
    const known = GLOBALS.get(`${module}.${name}`);
    if (known === undefined) throw this.#refused(`${module}.${name}`);
    this.#stack.push(known);
  }

  #reduce(): void {
    const [callable, args] = this.#popMany(2);
    if (!(callable instanceof Callable)) throw this.#refused('a call of something that is no function');
    if (!Array.isArray(args)) throw new Malformed('a call without arguments');
    // A long list can be named again and again in a few bytes.
    if (Array.isArray(args[0])) this.#pairs += args[0].length;
    if (this.#pairs > MOST_PAIRS) throw new Malformed('too many pairs');
    this.#pushContainer(callable.call(args));
  }

  #pushContainer(value: Value): void {
    this.#keep();
    this.#stack.push(value);
  }

  /** Attributes of an OrderedDict (`_metadata` of a state dict) say nothing about weights: dropped. */
  #build(): void {
    this.#pop();
    if (!(this.#top() instanceof Dict)) throw this.#refused('setting the state of an object');
  }

  /** ('storage', type, key, location, elements) */
  #storage(id: Value): Storage {
    if (!Array.isArray(id)) throw new Malformed('a storage without description');
    const [kind, type, key, , elements] = id;
    if (kind !== 'storage' || !(type instanceof StorageType) || typeof key !== 'string') {
      throw new Malformed('a storage of unknown kind');
    }
    return new Storage(key, type.dtype, needSize(elements));
  }

  #append(items: Value[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw new Malformed('appending to something that is no list');
    for (const item of items) list.push(item);
  }

  #setItems(into: Dict | undefined, items: Value[]): Dict {
    const dict = into ?? this.#top();
    if (!(dict instanceof Dict) || items.length % 2 !== 0) throw new Malformed('items without dictionary');
    for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!);
    return dict;
  }

  #keep(): void {
    if (++this.#kept > MOST_KEPT) throw new Malformed('too many values');
  }

  #remember(index: number): void {
    this.#keep();
    this.#memo.set(index, this.#top());
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw new Malformed(`memo ${index} is empty`);
    this.#stack.push(value);
  }

  #top(): Value {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) throw new Malformed('stack is empty');
    return value;
  }

  #pop(): Value {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popMany(count: number): Value[] {
    const from = this.#stack.length - count;
    if (from < 0) throw new Malformed('stack is empty');
    const values = this.#stack.slice(from);
    if (values.includes(MARK)) throw new Malformed('stack is empty');
    this.#stack.length = from;
    return values;
  }

  #popToMark(): Value[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw new Malformed('no mark');
    const values = this.#stack.slice(mark + 1);
    this.#stack.length = mark;
    return values;
  }

  #long(length: number): number {
    let value = 0n;
    for (let i = 0; i < length; i++) value |= BigInt(this.#byte()) << BigInt(8 * i);
    return Number(BigInt.asIntN(8 * length, value));
  }

  #text(length: number): string {
    const start = this.#skip(length);
    return new TextDecoder().decode(this.#bytes.subarray(start, start + length));
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw new Malformed('ends early');
    const start = this.#at;
    this.#at = end + 1;
    return new TextDecoder().decode(this.#bytes.subarray(start, end));
  }

  #uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  #byte(): number {
    return this.#bytes[this.#skip(1)]!;
  }

  /** Moves on by `length` bytes and returns where they start. */
  #skip(length: number): number {
    const start = this.#at;
    if (start + length > this.#bytes.length) throw new Malformed('ends early');
    this.#at = start + length;
    return start;
  }

  #refused(name: string): AppError {
    return new AppError('pickle-refused', { file: this.#file, name });
  }
}
