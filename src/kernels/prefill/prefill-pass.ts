/**
 * The forward pass of a chunk of prompt tokens (M = 1 .. maxChunk): all layers as matrix-matrix products, keys and
 * values into the cache at positions start .. start + M. The engine cuts the prompt into chunks, and a chunk into
 * several submits by layers where one would take the GPU too long (drivers give up after about two seconds).
 *
 * One chunk at a time: `begin` writes the chunk's one parameter buffer, and a queue write takes effect before every
 * later submit, so submit a chunk completely before beginning the next. No waiting for the GPU is needed between.
 */
import { AppError } from '../../core/errors';
import type { Architecture } from '../../models/architecture';
import type { GemvMath } from '../decode-tuning';
import type { KernelContext } from '../dispatch';
import { checkMatrix } from '../matrix';
import type { KvBuffers, ModelWeights, RopeTable } from '../types';
import { columnScratchBytes } from './attention-columns';
import { type ColumnScratch, cacheSteps } from './cache-steps';
import {
  headSteps,
  type LayerSteps,
  layerSteps,
  logitsStride,
  MAX_COLUMNS,
  type Scratch,
  widthsOf,
} from './layer-steps';
import { CHUNK, encodeStep, type PrefillContext, type PrefillStep, Uniforms } from './step';
import { embedRows, lastScaled } from './token-ops';

export interface PrefillOptions {
  /** Tokens per chunk wanted; fewer where a binding could not hold them, see `maxChunk`. */
  readonly maxChunk: number;
  /** Allocates on the GPU and owns what it gave; the pass itself destroys only its parameter buffers. */
  readonly memory: { create(label: string, sizeBytes: number, usage: number): Promise<GPUBuffer> };
  /**
   * Where the last token goes for the decode kernels' head, if they shall follow without more ado: f32 [hidden]
   * residual * finalNorm, and f32 [parts] partial sums of squares of the residual. May come later than all the rest.
   */
  readonly head?: HeadInput | Promise<HeadInput>;
  /** Makes the buffer `columnLogits`, for `encodeLogits`. */
  readonly columnLogits?: boolean;
  /** Multiplies matrices of 4-bit codes with activations as 8-bit integers, as decode does with the same math. */
  readonly math?: GemvMath;
}

interface HeadInput {
  readonly scaled: GPUBuffer;
  readonly squares: GPUBuffer;
  readonly parts: number;
}

/** Per layer: rotation with cache write, attention. */
type CacheSteps = readonly (readonly PrefillStep[])[];

export class PrefillPass {
  /** Most tokens of a chunk. */
  readonly maxChunk: number;
  /** f32 [hidden]: residual of the chunk's last token after all layers, before the final norm. */
  readonly lastHidden: GPUBuffer;
  /** f32 [MAX_COLUMNS, logitsStride], usage COPY_SRC, written by `encodeLogits`; undefined unless asked for. */
  readonly columnLogits: GPUBuffer | undefined;
  /** Bound once per cache, so that changing between caches costs nothing. */
  private readonly boundSteps = new WeakMap<KvBuffers, CacheSteps>();
  private cacheSteps: CacheSteps = [];
  private capacity = 0;
  private tokens = 0;
  private start = 0;

  private constructor(
    private readonly context: PrefillContext,
    private readonly architecture: Architecture,
    private readonly scratch: Scratch & ColumnScratch,
    private readonly embed: readonly PrefillStep[],
    private readonly layers: readonly LayerSteps[],
    private readonly last: readonly PrefillStep[],
    private readonly head: readonly PrefillStep[],
    made: Pick<PrefillPass, 'maxChunk' | 'lastHidden' | 'columnLogits'>,
  ) {
    this.maxChunk = made.maxChunk;
    this.lastHidden = made.lastHidden;
    this.columnLogits = made.columnLogits;
  }

  /**
   * `setCache` must follow before the first chunk. Throws AppError `internal` for weights of a wrong shape or shaders
   * that do not compile, `config-invalid` for heads the kernels cannot run, and what `memory.create` and `head` throw.
   */
  static async create(
    { gpu, pipelines }: Pick<KernelContext, 'gpu' | 'pipelines'>,
    architecture: Architecture,
    weights: ModelWeights,
    options: PrefillOptions,
  ): Promise<PrefillPass> {
    checkShapes(architecture, weights);
    const maxChunk = Math.min(options.maxChunk, chunkLimit(architecture, gpu.maxBindingBytes));
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const create = (label: string, words: number, usage: number) =>
      options.memory.create(`prefill ${label}`, words * 4, STORAGE | usage);
    const widths = widthsOf(architecture);
    const splits = columnScratchBytes(gpu, architecture);
    const scratch: Scratch & ColumnScratch = {
      residual: await create('residual', maxChunk * architecture.hidden, COPY_SRC),
      normed: await create('normed', maxChunk * widths.normed, 0),
      wide: await create('wide', maxChunk * widths.wide, 0),
      mixed: await create('mixed', maxChunk * widths.mixed, 0),
      shares: await create('shares', splits.shares / 4, 0),
      extent: await create('extent', splits.extent / 4, 0),
      ...(options.math === 'int8' ? { packed: await create('packed', maxChunk * widths.packed, 0) } : {}),
    };
    const lastHidden = await create('last hidden', architecture.hidden, COPY_SRC | COPY_DST);
    const columnLogits = options.columnLogits
      ? await create('column logits', MAX_COLUMNS * logitsStride(architecture), COPY_SRC)
      : undefined;
    const chunk = await create('chunk', CHUNK.ids + maxChunk, COPY_DST);
    const context = { gpu, pipelines, chunk, uniforms: new Uniforms(gpu.device) };
    const lastSteps = async (): Promise<PrefillStep[]> => {
      const head = await options.head;
      if (!head) return [];
      const { hidden } = architecture;
      return [await lastScaled(context, { hidden, residual: lastHidden, gamma: weights.finalNorm, ...head })];
    };
    // Everything is asked for at once, so that the compiler has all of it to do side by side.
    const [embed, layers, last, head] = await Promise.all([
      embedRows(context, { embedding: weights.embedding, y: scratch.residual }),
      Promise.all(weights.layers.map((layer) => layerSteps(context, architecture, layer, scratch))),
      lastSteps(),
      columnLogits ? headSteps(context, architecture, weights, scratch, columnLogits) : [],
    ]).catch((error: unknown) => {
      context.uniforms.destroy();
      throw error;
    });
    return new PrefillPass(context, architecture, scratch, embed, layers, last, head, {
      maxChunk,
      lastHidden,
      columnLogits,
    });
  }

  /** Works on this cache from now on; to be called again when it has grown. */
  async setCache(kv: KvBuffers, rope: RopeTable): Promise<void> {
    this.cacheSteps = this.boundSteps.get(kv) ?? (await this.bind(kv, rope));
    this.boundSteps.set(kv, this.cacheSteps);
    this.capacity = kv.capacity;
  }

  private bind(kv: KvBuffers, rope: RopeTable): Promise<CacheSteps> {
    const { context, architecture, scratch } = this;
    return Promise.all(kv.layers.map((cache) => cacheSteps(context, architecture, scratch, kv, cache, rope)));
  }

  /**
   * Sets the chunk that the next `encodeLayers` calls work on: `ids` at positions start, start + 1, ... Throws
   * AppError `internal` when it is empty, too long or outside the cache, `parameter-out-of-range` for an id outside
   * the vocabulary; nothing is written then.
   */
  begin(ids: readonly number[], start: number): void {
    const { vocab } = this.architecture;
    if (ids.length === 0 || ids.length > this.maxChunk || start < 0 || start + ids.length > this.capacity)
      throw new AppError('internal', {
        message: `prefill of ${ids.length} tokens at ${start}: chunk ${this.maxChunk}, cache ${this.capacity}`,
      });
    for (const id of ids)
      if (!Number.isInteger(id) || id < 0 || id >= vocab)
        throw new AppError('parameter-out-of-range', {
          parameter: 'token',
          value: id,
          least: 0,
          most: vocab - 1,
        });
    this.tokens = ids.length;
    this.start = start;
    const words = Uint32Array.from([ids.length, start, this.capacity, 0, ...ids]);
    this.context.gpu.device.queue.writeBuffer(this.context.chunk, 0, words);
  }

  /**
   * Layers [from, to) of the chunk begun last, in order and each once; the embedding goes before layer 0, and after
   * the last layer `lastHidden` (and the decode kernels' input, if asked for) is written.
   */
  encodeLayers(encoder: GPUCommandEncoder, from: number, to: number): void {
    const steps = from === 0 ? [...this.embed] : [];
    for (let layer = from; layer < to; layer++) {
      const { before, after } = this.layers[layer]!;
      steps.push(...before, ...this.cacheSteps[layer]!, ...after);
    }
    this.run(encoder, `prefill layers ${from} to ${to}`, steps);
    if (to < this.layers.length) return;
    const rowBytes = this.architecture.hidden * 4;
    encoder.copyBufferToBuffer(
      this.scratch.residual,
      (this.tokens - 1) * rowBytes,
      this.lastHidden,
      0,
      rowBytes,
    );
    if (this.last.length > 0) this.run(encoder, 'prefill last', this.last);
  }

  /**
   * Final norm and head for all tokens of the chunk, after its last layer: row c of `columnLogits` is token c. Throws
   * AppError `internal` for a chunk of more than MAX_COLUMNS tokens or a pass made without `columnLogits`.
   */
  encodeLogits(encoder: GPUCommandEncoder): void {
    if (this.head.length === 0 || this.tokens > MAX_COLUMNS)
      throw new AppError('internal', { message: `logits of ${this.tokens} tokens` });
    this.run(encoder, 'column logits', this.head);
  }

  private run(encoder: GPUCommandEncoder, label: string, steps: readonly PrefillStep[]): void {
    const pass = encoder.beginComputePass({ label });
    for (const step of steps) encodeStep(pass, step, this.tokens, this.start);
    pass.end();
  }

  /** The whole chunk: `begin` and all layers. */
  encode(encoder: GPUCommandEncoder, ids: readonly number[], start: number): void {
    this.begin(ids, start);
    this.encodeLayers(encoder, 0, this.layers.length);
  }

  /** Frees the parameter buffers; the scratch belongs to `memory`. */
  dispose(): void {
    this.context.uniforms.destroy();
  }
}

/** Most tokens whose widest scratch buffer fits one binding. */
function chunkLimit(architecture: Architecture, maxBindingBytes: number): number {
  const widest = Math.max(...Object.values(widthsOf(architecture)));
  return Math.max(1, Math.floor(maxBindingBytes / (4 * widest)));
}

function checkShapes(architecture: Architecture, weights: ModelWeights): void {
  const { hidden, heads, kvHeads, headDim, intermediate, vocab } = architecture;
  if (headDim % 4 !== 0 || headDim > 256 || heads % kvHeads !== 0)
    throw new AppError('config-invalid', { heads, kvHeads, headDim });
  checkMatrix('embedding', weights.embedding, vocab, hidden);
  for (const layer of weights.layers) {
    checkMatrix('qkv', layer.qkv, (heads + 2 * kvHeads) * headDim, hidden);
    checkMatrix('output', layer.output, hidden, heads * headDim);
    checkMatrix('gateUp', layer.gateUp, 2 * intermediate, hidden);
    checkMatrix('down', layer.down, hidden, intermediate);
  }
}
