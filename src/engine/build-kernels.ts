/** The kernels of one model, compiled and bound; everything is asked for at once, since compilers work side by side. */
import type { KernelContext } from '../kernels/dispatch';
import { PrefillPass } from '../kernels/prefill/prefill-pass';
import type { ModelWeights } from '../kernels/types';
import type { Architecture } from '../models/architecture';
import { Decoder } from './decode';
import type { GpuMemory } from './gpu-memory';
import type { KvCache } from './kv-cache';

export interface KernelParts {
  readonly context: KernelContext;
  readonly architecture: Architecture;
  /** Their buffers are bound; nothing need be in them yet. */
  readonly weights: ModelWeights;
  readonly kv: KvCache;
  /** STATE, usage UNIFORM. */
  readonly state: GPUBuffer;
  /** f32 [vocab] */
  readonly logits: GPUBuffer;
  /** Tokens of one prefill chunk at most. */
  readonly maxChunk: number;
  /** Logits of several tokens at once will be wanted, which takes a buffer. */
  readonly columnLogits: boolean;
}

export interface Kernels {
  readonly decoder: Decoder;
  readonly prefill: PrefillPass;
  /** Frees what lies between the kernels. */
  dispose(): void;
}

/**
 * `memory` holds what lies between the kernels, until it or the result is disposed of. Throws AppError
 * `config-invalid` for shapes the kernels cannot run, `out-of-gpu-memory`.
 */
export async function buildKernels(parts: KernelParts, memory: GpuMemory): Promise<Kernels> {
  const { context, architecture, weights, kv, maxChunk, columnLogits } = parts;
  const scratch = memory.part();
  const decoding = Decoder.create(parts, scratch);
  const head = decoding.then(({ headInput }) => headInput);
  // Whether it fails is told below; until the prefill asks for it, nobody else listens.
  head.catch(() => {});
  const prefilling = PrefillPass.create(context, architecture, weights, {
    maxChunk,
    // A prompt is read as the answer is written: all products of a model or none take 8-bit activations.
    math: context.tuning.gemv.head.math === 'int8' ? 'int8' : 'f32',
    columnLogits,
    memory: scratch,
    head,
  });
  const bind = async <Pass extends Decoder | PrefillPass>(making: Promise<Pass>): Promise<Pass> => {
    const pass = await making;
    await pass.setCache(kv.buffers, kv.rope);
    return pass;
  };
  const [decoder, prefill] = await Promise.all([bind(decoding), bind(prefilling)]).catch((error: unknown) => {
    prefilling.then((pass) => pass.dispose()).catch(() => {});
    throw error;
  });
  return {
    decoder,
    prefill,
    dispose() {
      prefill.dispose();
      scratch.destroy();
    },
  };
}
