/**
 * The forward pass of one token (M = 1) as dispatches bound once: embed, per layer q/k/v with rotation and cache
 * write, attention, output projection, gate-up, down projection; then the head. Norms cost no dispatch: producers
 * write residual * gamma of the next norm and partial sums of squares, consumers multiply by the missing factor.
 * Token and position come from the state buffer, so encoding the next token needs no write.
 */
import {
  type AttentionDispatches,
  attention,
  attentionScratchBytes,
  encodeAttention,
  splitCount,
} from '../kernels/attention';
import { type Dispatch, encode, type KernelContext } from '../kernels/dispatch';
import { embedToken } from '../kernels/embed-token';
import { gateUp } from '../kernels/gate-up';
import { gemvLogits } from '../kernels/gemv-logits';
import { gemvResidual } from '../kernels/gemv-residual';
import { qkvRope } from '../kernels/qkv-rope';
import type { ModelWeights } from '../kernels/types';
import type { Architecture } from '../models/architecture';
import type { GpuMemory } from './gpu-memory';
import type { KvCache } from './kv-cache';

export interface DecodeParts {
  readonly context: KernelContext;
  readonly architecture: Architecture;
  readonly weights: ModelWeights;
  readonly kv: KvCache;
  /** STATE, usage UNIFORM. */
  readonly state: GPUBuffer;
  /** f32 [vocab], written by the head. */
  readonly logits: GPUBuffer;
}

/** Vectors between the kernels, f32. */
interface Scratch {
  readonly residual: GPUBuffer; // [hidden]
  readonly scaled: GPUBuffer; // [hidden]
  readonly squares: GPUBuffer; // [parts]
  readonly q: GPUBuffer; // [heads, headDim]
  readonly mixed: GPUBuffer; // [heads, headDim]
  readonly activation: GPUBuffer; // [intermediate]
  readonly shares: GPUBuffer; // [heads, maxSplits, headDim]
  readonly extent: GPUBuffer; // [heads, maxSplits, 2]
}

/** Dispatches of a layer that stay valid when the cache grows. */
interface LayerSteps {
  readonly output: readonly Dispatch[];
  readonly gateUp: readonly Dispatch[];
  readonly down: readonly Dispatch[];
}

/** Dispatches of a layer bound to the cache. */
interface CacheSteps {
  readonly qkv: readonly Dispatch[];
  readonly attention: AttentionDispatches;
}

export class Decoder {
  private cacheSteps: readonly CacheSteps[] = [];

  private constructor(
    private readonly parts: DecodeParts,
    private readonly scratch: Scratch,
    private readonly embed: readonly Dispatch[],
    private readonly layerSteps: readonly LayerSteps[],
    private readonly head: readonly Dispatch[],
  ) {}

  /** Throws AppError `config-invalid` for shapes the kernels cannot run, `out-of-gpu-memory`. */
  static async create(parts: DecodeParts, memory: GpuMemory): Promise<Decoder> {
    const { context, architecture: a, weights, state, logits } = parts;
    const scratch = await allocateScratch(parts, memory);
    const { residual, scaled, squares } = scratch;
    const norm = { x: scaled, squares, parts: normParts(parts), normEps: a.normEps };
    const next = { residual, scaled, squares };

    const firstNorm = weights.layers[0]?.attentionNorm ?? weights.finalNorm;
    const embed = await embedToken(context, {
      embedding: weights.embedding,
      gamma: firstNorm,
      state,
      ...next,
    });
    const layerSteps = await Promise.all(
      weights.layers.map(async (layer, index): Promise<LayerSteps> => {
        const nextNorm = weights.layers[index + 1]?.attentionNorm ?? weights.finalNorm;
        const { mixed, activation } = scratch;
        const gamma = layer.feedForwardNorm;
        return {
          output: await gemvResidual(context, {
            kind: 'output',
            weights: layer.output,
            x: mixed,
            gamma,
            ...next,
          }),
          gateUp: await gateUp(context, { weights: layer.gateUp, activation, ...norm }),
          down: await gemvResidual(context, {
            kind: 'down',
            weights: layer.down,
            x: activation,
            gamma: nextNorm,
            ...next,
          }),
        };
      }),
    );
    const head = await gemvLogits(context, { head: weights.head, logits, ...norm });
    const decoder = new Decoder(parts, scratch, embed, layerSteps, head);
    await decoder.bindCache();
    return decoder;
  }

  /** To be called after the cache grew. */
  async bindCache(): Promise<void> {
    const { context, architecture: a, weights, kv, state } = this.parts;
    const { q, scaled, squares, mixed, shares, extent } = this.scratch;
    const heads = { heads: a.heads, kvHeads: a.kvHeads, headDim: a.headDim };
    this.cacheSteps = await Promise.all(
      weights.layers.map(async (layer, index): Promise<CacheSteps> => {
        const cache = kv.buffers.layers[index]!;
        return {
          qkv: await qkvRope(context, {
            ...heads,
            weights: layer.qkv,
            x: scaled,
            squares,
            parts: normParts(this.parts),
            normEps: a.normEps,
            q,
            cache,
            rope: kv.rope,
            state,
          }),
          attention: await attention(context, { ...heads, q, cache, state, output: mixed, shares, extent }),
        };
      }),
    );
  }

  /** The embedding, when `fromLayer` is 0, and layers [fromLayer, toLayer) of the token at `position`. */
  encodeLayers(pass: GPUComputePassEncoder, position: number, fromLayer: number, toLayer: number): void {
    const { tuning } = this.parts.context;
    const all = (list: readonly Dispatch[]) => {
      for (const dispatch of list) encode(pass, dispatch);
    };
    if (fromLayer === 0) all(this.embed);
    for (let layer = fromLayer; layer < toLayer; layer++) {
      const { qkv, attention: attentionSteps } = this.cacheSteps[layer]!;
      const steps = this.layerSteps[layer]!;
      all(qkv);
      encodeAttention(pass, attentionSteps, position + 1, tuning);
      all(steps.output);
      all(steps.gateUp);
      all(steps.down);
    }
  }

  /** Final norm and head: logits of the token whose layers were encoded last. */
  encodeHead(pass: GPUComputePassEncoder): void {
    for (const dispatch of this.head) encode(pass, dispatch);
  }

  /** Where the last token of a chunk goes for `encodeHead`: f32 [hidden] residual * finalNorm, f32 [parts] squares. */
  get headInput(): { scaled: GPUBuffer; squares: GPUBuffer; parts: number } {
    const { scaled, squares } = this.scratch;
    return { scaled, squares, parts: normParts(this.parts) };
  }

  /** Dispatches of one token at `position`, sampler aside. */
  dispatchCount(position: number): number {
    const merge = splitCount(position + 1, this.parts.context.tuning) > 1 ? 1 : 0;
    let count = this.embed.length + this.head.length;
    this.layerSteps.forEach((steps, layer) => {
      count += this.cacheSteps[layer]!.qkv.length + 1 + merge;
      count += steps.output.length + steps.gateUp.length + steps.down.length;
    });
    return count;
  }
}

/** Partial sums of squares that the producers of the residual leave. */
function normParts({ context, architecture }: DecodeParts): number {
  return Math.ceil(architecture.hidden / context.tuning.residualRows);
}

async function allocateScratch(parts: DecodeParts, memory: GpuMemory): Promise<Scratch> {
  const { architecture: a, context } = parts;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const floats = (label: string, count: number) => memory.create(label, count * 4, usage);
  const attentionBytes = attentionScratchBytes(a, context.tuning);
  return {
    residual: await floats('residual', a.hidden),
    scaled: await floats('scaled', a.hidden),
    squares: await floats('squares', normParts(parts)),
    q: await floats('q', a.heads * a.headDim),
    mixed: await floats('mixed', a.heads * a.headDim),
    activation: await floats('activation', a.intermediate),
    shares: await memory.create('shares', attentionBytes.shares, usage),
    extent: await memory.create('extent', attentionBytes.extent, usage),
  };
}
