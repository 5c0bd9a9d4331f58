/** Runs assembled kernels: a module per thread, compiled on first use, and its memory, which grows to the call. */
import { assembleModule, type FunctionBuilder } from './wasm-assembler';

const PAGE_BYTES = 65536;

export interface Kernels<Name extends string> {
  /** At least so many bytes of the module's memory; earlier views of it may be void afterwards. */
  memory(bytes: number): ArrayBuffer;
  readonly run: Readonly<Record<Name, (...parameters: number[]) => number>>;
}

/**
 * The kernels of `build`, or null where the host refuses WebAssembly or its vectors (a content policy, an old
 * host): the plain loops then give the same bytes, only slower. It is tried once.
 */
export function lazyKernels<const Name extends string>(
  build: () => Readonly<Record<Name, FunctionBuilder>>,
): () => Kernels<Name> | null {
  let compiled: Kernels<Name> | null | undefined;
  return () => {
    if (compiled === undefined) compiled = compile(build);
    return compiled;
  };
}

function compile<Name extends string>(
  build: () => Readonly<Record<Name, FunctionBuilder>>,
): Kernels<Name> | null {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assembleModule(build())));
    const memory = exports.memory as WebAssembly.Memory;
    return {
      memory(bytes) {
        const missing = bytes - memory.buffer.byteLength;
        if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
        return memory.buffer;
      },
      run: exports as unknown as Kernels<Name>['run'],
    };
  } catch {
    return null;
  }
}
