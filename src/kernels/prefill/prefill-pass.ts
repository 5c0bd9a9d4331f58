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
import type { KernelContext } from '../dispatch';
import { checkMatrix } from '../matrix';
import type { KvBuffers, ModelWeights, RopeTable } from '../types';
import { attentionPrefill } from './attention-prefill';
import { gemm } from './gemm';
import { CHUNK, encodeStep, type PrefillContext, type PrefillStep, Uniforms } from './step';
import { embedRows, lastScaled, rmsNorm, ropeKv, siluMul } from './token-ops';

export interface PrefillOptions {
  /** Tokens per chunk wanted; fewer where a binding could not hold them, see `maxChunk`. */
  readonly maxChunk: number;
  /** Allocates on the GPU and owns what it gave; the pass itself destroys only its parameter buffers. */
  readonly memory: { create(label: string, sizeBytes: number, usage: number): Promise<GPUBuffer> };
  /**
   * Where the last token goes for the decode kernels' head, if they shall follow without more ado: f32 [hidden]
   * residual * finalNorm, and f32 [parts] partial sums of squares of the residual.
   */
  readonly head?: { readonly scaled: GPUBuffer; readonly squares: GPUBuffer; readonly parts: number };
}

/** f32, rows of one token each; names say what lies there last. */
interface Scratch {
  readonly residual: GPUBuffer; // [chunk, hidden]
  readonly normed: GPUBuffer; // [chunk, hidden], then q [chunk, heads, headDim]
  readonly wide: GPUBuffer; // [chunk, heads + 2 kvHeads, headDim], then gate and up [chunk, 2, intermediate]
  readonly mixed: GPUBuffer; // attention [chunk, heads, headDim], then activation [chunk, intermediate]
}

interface LayerSteps {
  /** Norm and q/k/v. */
  readonly before: readonly PrefillStep[];
  /** Output projection and feed-forward. */
  readonly after: readonly PrefillStep[];
}

export class PrefillPass {
  /** Most tokens of a chunk. */
  readonly maxChunk: number;
  readonly scratchBytes: number;
  /** f32 [hidden]: residual of the chunk's last token after all layers, before the final norm. */
  readonly lastHidden: GPUBuffer;
  /** Per layer: rotation with cache write, attention. Bound to one cache. */
  private cacheSteps: readonly (readonly PrefillStep[])[] = [];
  private capacity = 0;
  private tokens = 0;

  private constructor(
    private readonly context: PrefillContext,
    private readonly architecture: Architecture,
    private readonly scratch: Scratch,
    private readonly embed: readonly PrefillStep[],
    private readonly layers: readonly LayerSteps[],
    private readonly last: readonly PrefillStep[],
    sizes: { maxChunk: number; scratchBytes: number; lastHidden: GPUBuffer },
  ) {
    this.maxChunk = sizes.maxChunk;
    this.scratchBytes = sizes.scratchBytes;
    this.lastHidden = sizes.lastHidden;
  }

  /**
   * `setCache` must follow before the first chunk. Throws AppError `internal` for weights of a wrong shape or shaders
   * that do not compile, `config-invalid` for heads the kernels cannot run, and what `memory.create` throws.
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
    let scratchBytes = 0;
    const create = (label: string, words: number, usage: number) => {
      scratchBytes += words * 4;
      return options.memory.create(`prefill ${label}`, words * 4, STORAGE | usage);
    };
    const widths = widthsOf(architecture);
    const scratch: Scratch = {
      residual: await create('residual', maxChunk * architecture.hidden, COPY_SRC),
      normed: await create('normed', maxChunk * widths.normed, 0),
      wide: await create('wide', maxChunk * widths.wide, 0),
      mixed: await create('mixed', maxChunk * widths.mixed, 0),
    };
    const lastHidden = await create('last hidden', architecture.hidden, COPY_SRC | COPY_DST);
    const chunk = await create('chunk', CHUNK.ids + maxChunk, COPY_DST);
    const context = { gpu, pipelines, chunk, uniforms: new Uniforms(gpu.device) };
    const embed = await embedRows(context, { embedding: weights.embedding, y: scratch.residual });
    const layers = await Promise.all(
      weights.layers.map((layer) => layerSteps(context, architecture, layer, scratch)),
    );
    const { hidden } = architecture;
    const last = options.head
      ? [
          await lastScaled(context, {
            hidden,
            residual: lastHidden,
            gamma: weights.finalNorm,
            ...options.head,
          }),
        ]
      : [];
    return new PrefillPass(context, architecture, scratch, embed, layers, last, {
      maxChunk,
      scratchBytes,
      lastHidden,
    });
  }

  /** Binds the cache; to be called at the start and whenever the cache has grown. */
  async setCache(kv: KvBuffers, rope: RopeTable): Promise<void> {
    const { context, architecture, scratch } = this;
    const { heads, kvHeads, headDim } = architecture;
    const shape = { heads, kvHeads, headDim };
    this.cacheSteps = await Promise.all(
      kv.layers.map((cache) =>
        Promise.all([
          ropeKv(context, { ...shape, qkv: scratch.wide, rope, q: scratch.normed, cache }),
          attentionPrefill(context, { ...shape, q: scratch.normed, cache, y: scratch.mixed }),
        ]),
      ),
    );
    this.capacity = kv.capacity;
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
    const words = Uint32Array.from([ids.length, start, this.capacity, 0, ...ids]);
    this.context.gpu.device.queue.writeBuffer(this.context.chunk, 0, words);
  }

  /**
   * Layers [from, to) of the chunk begun last, in order and each once; the embedding goes before layer 0, and after
   * the last layer `lastHidden` (and the decode kernels' input, if asked for) is written.
   */
  encodeLayers(encoder: GPUCommandEncoder, from: number, to: number): void {
    const run = (label: string, steps: readonly PrefillStep[]) => {
      const pass = encoder.beginComputePass({ label });
      for (const step of steps) encodeStep(pass, step, this.tokens);
      pass.end();
    };
    const steps = from === 0 ? [...this.embed] : [];
    for (let layer = from; layer < to; layer++) {
      const { before, after } = this.layers[layer]!;
      steps.push(...before, ...this.cacheSteps[layer]!, ...after);
    }
    run(`prefill layers ${from} to ${to}`, steps);
    if (to < this.layers.length) return;
    const rowBytes = this.architecture.hidden * 4;
    encoder.copyBufferToBuffer(
      this.scratch.residual,
      (this.tokens - 1) * rowBytes,
      this.lastHidden,
      0,
      rowBytes,
    );
    if (this.last.length > 0) run('prefill last', this.last);
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

async function layerSteps(
  context: PrefillContext,
  { hidden, intermediate, normEps }: Architecture,
  layer: ModelWeights['layers'][number],
  { residual, normed, wide, mixed }: Scratch,
): Promise<LayerSteps> {
  const norm = (gamma: GPUBuffer) => rmsNorm(context, { hidden, normEps, x: residual, gamma, y: normed });
  const write = (weights: typeof layer.qkv) => gemm(context, { weights, x: normed, y: wide, isAdded: false });
  const add = (weights: typeof layer.qkv) => gemm(context, { weights, x: mixed, y: residual, isAdded: true });
  return {
    before: [await norm(layer.attentionNorm), ...(await write(layer.qkv))],
    after: [
      ...(await add(layer.output)),
      await norm(layer.feedForwardNorm),
      ...(await write(layer.gateUp)),
      await siluMul(context, { intermediate, gateUp: wide, y: mixed }),
      ...(await add(layer.down)),
    ],
  };
}

/** f32 per token in each scratch buffer. */
function widthsOf({ hidden, heads, kvHeads, headDim, intermediate }: Architecture) {
  return {
    normed: Math.max(hidden, heads * headDim),
    wide: Math.max((heads + 2 * kvHeads) * headDim, 2 * intermediate),
    mixed: Math.max(heads * headDim, intermediate),
  };
}

/** Most tokens whose widest scratch buffer fits one binding. */
function chunkLimit(architecture: Architecture, maxBindingBytes: number): number {
  const widest = Math.max(...Object.values(widthsOf(architecture)));
  return Math.max(1, Math.floor(maxBindingBytes / (4 * widest)));
}

function checkShapes(architecture: Architecture, weights: ModelWeights): void {
  const { hidden, heads, kvHeads, headDim, intermediate, vocab } = architecture;
  if (headDim % 2 !== 0 || headDim > 256 || heads % kvHeads !== 0)
    throw new AppError('config-invalid', { heads, kvHeads, headDim });
  checkMatrix('embedding', weights.embedding, vocab, hidden);
  for (const layer of weights.layers) {
    checkMatrix('qkv', layer.qkv, (heads + 2 * kvHeads) * headDim, hidden);
    checkMatrix('output', layer.output, hidden, heads * headDim);
    checkMatrix('gateUp', layer.gateUp, 2 * intermediate, hidden);
    checkMatrix('down', layer.down, hidden, intermediate);
  }
}
