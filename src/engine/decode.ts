/**
 * The forward pass of one token (M = 1) as dispatches bound once: embed, per layer q/k/v with rotation and cache
 * write, attention, output projection, gate-up, down projection; then the head. Norms cost no dispatch: producers
 * write residual * gamma of the next norm and partial sums of squares, consumers multiply by the missing factor.
 * Token and position come from the state buffer, so encoding the next token needs no write.
 */
import {
  type AttentionDispatches,
  attention,
  attentionAt,
  attentionScratchBytes,
  splitCount,
} from '../kernels/attention';
import type { GemvKind } from '../kernels/decode-tuning';
import { type Dispatch, encodeAll, type KernelContext } from '../kernels/dispatch';
import { embedToken } from '../kernels/embed-token';
import { gateUp } from '../kernels/gate-up';
import { gemvLogits } from '../kernels/gemv-logits';
import { gemvResidual } from '../kernels/gemv-residual';
import { mathOf } from '../kernels/matrix';
import { qkvRope } from '../kernels/qkv-rope';
import { quantizedRowBytes, quantizeRows } from '../kernels/quantize-rows';
import { storeKv } from '../kernels/store-kv';
import type { KvBuffers, Matrix, ModelWeights, RopeTable } from '../kernels/types';
import type { Architecture } from '../models/architecture';
import type { GpuMemory } from './gpu-memory';

export interface DecodeParts {
  readonly context: KernelContext;
  readonly architecture: Architecture;
  readonly weights: ModelWeights;
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
  readonly packed: GPUBuffer; // activations of one product as 8-bit integers, where its math wants them
  readonly kvRows: GPUBuffer; // [2, kvHeads, headDim] k and v on their way into an int8 cache
}

/** Dispatches of a layer that stay valid when the cache grows. */
interface LayerSteps {
  readonly output: readonly Dispatch[];
  readonly gateUp: readonly Dispatch[];
  readonly down: readonly Dispatch[];
}

/** Dispatches of a layer bound to the cache. */
interface CacheSteps {
  /** With the write into the cache. */
  readonly qkv: readonly Dispatch[];
  readonly attention: AttentionDispatches;
}

/** A token's dispatches up to the head in one list, for one cache and one number of attention splits. */
interface TokenPlan {
  readonly splits: number;
  readonly steps: readonly Dispatch[];
  /** [layers + 1] Where each layer begins in `steps`, the embedding counted to layer 0; then the end. */
  readonly starts: readonly number[];
}

export class Decoder {
  /** Bound once per cache, so that changing between caches costs nothing. */
  private readonly boundSteps = new WeakMap<KvBuffers, readonly CacheSteps[]>();
  private cacheSteps: readonly CacheSteps[] = [];
  /** Of the present cache; made anew when the number of splits changes. */
  private plan: TokenPlan | undefined;

  private constructor(
    private readonly parts: DecodeParts,
    private readonly scratch: Scratch,
    private readonly embed: readonly Dispatch[],
    private readonly layerSteps: readonly LayerSteps[],
    private readonly head: readonly Dispatch[],
  ) {}

  /**
   * `setCache` must follow before the first token. Throws AppError `config-invalid` for shapes the kernels cannot
   * run, `out-of-gpu-memory`.
   */
  static async create(parts: DecodeParts, memory: GpuMemory): Promise<Decoder> {
    const { context, architecture: a, weights, state, logits } = parts;
    const scratch = await allocateScratch(parts, memory);
    const { residual, scaled, squares } = scratch;
    const product = quantisedFirst(context, scratch.packed);
    const norm = { squares, parts: normParts(parts), normEps: a.normEps };
    const next = { residual, scaled, squares };

    const firstNorm = weights.layers[0]?.attentionNorm ?? weights.finalNorm;
    // Everything is asked for at once, so that the compiler has all of it to do side by side.
    const embed = embedToken(context, { embedding: weights.embedding, gamma: firstNorm, state, ...next });
    const layerSteps = Promise.all(
      weights.layers.map(async (layer, index): Promise<LayerSteps> => {
        const nextNorm = weights.layers[index + 1]?.attentionNorm ?? weights.finalNorm;
        const { mixed, activation } = scratch;
        const gamma = layer.feedForwardNorm;
        const [output, gates, down] = await Promise.all([
          product('output', layer.output, mixed, (x) =>
            gemvResidual(context, { kind: 'output', weights: layer.output, x, gamma, ...next }),
          ),
          product('gateUp', layer.gateUp, scaled, (x) =>
            gateUp(context, { weights: layer.gateUp, x, activation, ...norm }),
          ),
          product('down', layer.down, activation, (x) =>
            gemvResidual(context, { kind: 'down', weights: layer.down, x, gamma: nextNorm, ...next }),
          ),
        ]);
        return { output, gateUp: gates, down };
      }),
    );
    const head = product('head', weights.head, scaled, (x) =>
      gemvLogits(context, { head: weights.head, x, logits, ...norm }),
    );
    return new Decoder(parts, scratch, ...(await Promise.all([embed, layerSteps, head])));
  }

  /** Works on this cache from now on; to be called again when it has grown. */
  async setCache(kv: KvBuffers, rope: RopeTable): Promise<void> {
    const steps = this.boundSteps.get(kv) ?? (await this.bind(kv, rope));
    this.boundSteps.set(kv, steps);
    if (steps !== this.cacheSteps) this.plan = undefined;
    this.cacheSteps = steps;
  }

  private bind(kv: KvBuffers, rope: RopeTable): Promise<readonly CacheSteps[]> {
    const { context, architecture: a, weights, state } = this.parts;
    const { q, scaled, squares, mixed, shares, extent, kvRows } = this.scratch;
    const product = quantisedFirst(context, this.scratch.packed);
    const isInt8 = kv.format === 'int8';
    const heads = { heads: a.heads, kvHeads: a.kvHeads, headDim: a.headDim };
    return Promise.all(
      weights.layers.map(async (layer, index): Promise<CacheSteps> => {
        const cache = kv.layers[index]!;
        const [qkv, store, attentionSteps] = await Promise.all([
          product('qkv', layer.qkv, scaled, (x) =>
            qkvRope(context, {
              ...heads,
              weights: layer.qkv,
              x,
              squares,
              parts: normParts(this.parts),
              normEps: a.normEps,
              q,
              cache: isInt8 ? { rows: kvRows } : cache,
              rope,
              state,
            }),
          ),
          isInt8 ? storeKv(context, { ...heads, rows: kvRows, cache, state }) : undefined,
          attention(context, {
            ...heads,
            q,
            format: kv.format,
            cache,
            state,
            output: mixed,
            shares,
            extent,
          }),
        ]);
        return { qkv: store ? [...qkv, store] : qkv, attention: attentionSteps };
      }),
    );
  }

  /** The embedding, when `fromLayer` is 0, and layers [fromLayer, toLayer) of the token at `position`. */
  encodeLayers(pass: GPUComputePassEncoder, position: number, fromLayer: number, toLayer: number): void {
    const { steps, starts } = this.planAt(position);
    encodeAll(pass, steps, starts[fromLayer], starts[toLayer]);
  }

  private planAt(position: number): TokenPlan {
    const { tuning } = this.parts.context;
    const splits = splitCount(position + 1, tuning);
    if (this.plan?.splits === splits) return this.plan;
    const starts: number[] = [0];
    const steps = [...this.embed];
    this.layerSteps.forEach(({ output, gateUp, down }, layer) => {
      const { qkv, attention: attentionSteps } = this.cacheSteps[layer]!;
      steps.push(...qkv, ...attentionAt(attentionSteps, position + 1, tuning));
      steps.push(...output, ...gateUp, ...down);
      starts.push(steps.length);
    });
    this.plan = { splits, steps, starts };
    return this.plan;
  }

  /** Final norm and head: logits of the token whose layers were encoded last. */
  encodeHead(pass: GPUComputePassEncoder): void {
    encodeAll(pass, this.head);
  }

  /** Where the last token of a chunk goes for `encodeHead`: f32 [hidden] residual * finalNorm, f32 [parts] squares. */
  get headInput(): { scaled: GPUBuffer; squares: GPUBuffer; parts: number } {
    const { scaled, squares } = this.scratch;
    return { scaled, squares, parts: normParts(this.parts) };
  }

  /** Dispatches of one token at `position`, sampler aside. */
  dispatchCount(position: number): number {
    return this.planAt(position).steps.length + this.head.length;
  }
}

/** Partial sums of squares that the producers of the residual leave. */
function normParts({ context, architecture }: DecodeParts): number {
  return Math.ceil(architecture.hidden / context.tuning.residualRows);
}

/** Builds a product of `x`, behind the quantising of `x` where its math works on 8-bit integers. */
function quantisedFirst(context: KernelContext, packed: GPUBuffer) {
  return async (
    kind: GemvKind,
    matrix: Matrix,
    x: GPUBuffer, // f32 [matrix.cols]
    build: (x: GPUBuffer) => Promise<readonly Dispatch[]>,
  ): Promise<readonly Dispatch[]> => {
    if (mathOf(matrix, context.tuning.gemv[kind].math) !== 'int8') return build(x);
    const quantising = quantizeRows(context, { rows: 1, cols: matrix.cols, x, y: packed });
    const [first, steps] = await Promise.all([quantising, build(packed)]);
    return [first, ...steps];
  };
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
    packed: await memory.create(
      'packed',
      quantizedRowBytes(Math.max(a.hidden, a.heads * a.headDim, a.intermediate)),
      usage,
    ),
    shares: await memory.create('shares', attentionBytes.shares, usage),
    extent: await memory.create('extent', attentionBytes.extent, usage),
    kvRows: await floats('kv rows', 2 * a.kvHeads * a.headDim),
  };
}
