/**
 * Draws the next token on the GPU in three dispatches without a sort (shaders/ops/sample_*.wgsl): penalties and
 * softmax statistics, a histogram over the distance from the best logit, then one workgroup that finds the
 * top-k cut, the top-p cut and the draw. Masses are integers, so a seed repeats its draws on the same adapter.
 * The engine calls `configure` once before a generation and `encode` once per token; nothing is written per token.
 * The same semantics in plain code: src/kernels/cpu/sampler.ts.
 */
import { AppError } from '../core/errors';
import type { Gpu } from '../gpu/device';
import type { PipelineCache } from '../gpu/pipeline-cache';
import { foldSeed } from './cpu/sampler';
import { checkDrawSettings, type DrawContext, type DrawSettings, isGreedy } from './draw-settings';

export interface SamplerOptions {
  /** Entries of `logits`. */
  readonly vocab: number;
  /** Ids from here on are padding rows of the head and are never drawn. */
  readonly drawable: number;
  /** f32 [vocab]; usage STORAGE. */
  readonly logits: GPUBuffer;
  /** STATE of src/kernels/types.ts; usage STORAGE. */
  readonly state: GPUBuffer;
}

/** What `state.token` holds after a draw from logits of which none is a number and allowed. */
export const NO_TOKEN = 0xffffffff;

// As in shaders/lib/sampler.wgsl.
/** A workgroup of the first two dispatches takes at least as many ids. */
const IDS_PER_GROUP = 4096;
const BINS = 1024;
const PARTIAL_BYTES = 16;
const PARAMS_BYTES = 48;
const BANNED = 0xffffffff;
/** In a count word: the token is in the context; the other bits count it in this answer. */
const IN_CONTEXT = 0x80000000;
const FLAG = { greedy: 1, topPFirst: 2, cutTopP: 4 } as const;

/** Constants of shaders/lib/sampler.wgsl and sample_histogram.wgsl. */
interface Sizes {
  readonly WORKGROUP: number;
  readonly MOST_GROUPS: number;
  readonly LOCAL: number;
}

/**
 * On a GPU wide workgroups. On a processor little workgroup memory: SwiftShader compiles every word of it into a
 * store that clears it, about a millisecond each.
 */
const sizesOf = ({ isSoftware }: Pick<Gpu, 'isSoftware'>): Sizes =>
  isSoftware
    ? { WORKGROUP: 64, MOST_GROUPS: 16, LOCAL: 1 }
    : { WORKGROUP: 256, MOST_GROUPS: 64, LOCAL: 3 * BINS };

/** Most ids that one call of `uncount` takes. */
const MOST_UNCOUNTED = 63;

export class GpuSampler {
  /** GPU memory held, without the buffers passed in. */
  readonly sizeBytes: number;

  private constructor(
    private readonly device: GPUDevice,
    private readonly vocab: number,
    private readonly drawable: number,
    private readonly lanes: number,
    private readonly buffers: Buffers,
    private readonly steps: readonly Step[],
    private readonly takeBack: Step,
  ) {
    this.sizeBytes = Object.values(buffers).reduce((sum, buffer) => sum + buffer.size, 0);
  }

  /** @throws AppError `internal` when a shader does not compile. */
  static async create(gpu: Gpu, pipelines: PipelineCache, options: SamplerOptions): Promise<GpuSampler> {
    const { device } = gpu;
    const { LOCAL, ...constants } = sizesOf(gpu);
    const [logits, histogram, draw, uncount] = await Promise.all([
      pipelines.get({ op: 'sample_logits', preludes: ['sampler'], constants }),
      pipelines.get({
        op: 'sample_histogram',
        preludes: ['sampler', 'sampler_mass'],
        constants: { ...constants, LOCAL },
      }),
      pipelines.get({ op: 'sample_draw', preludes: ['state', 'sampler', 'sampler_mass'], constants }),
      pipelines.get({ op: 'sample_uncount' }),
    ]);
    const groups = Math.min(constants.MOST_GROUPS, Math.ceil(options.vocab / IDS_PER_GROUP));
    const buffers = createBuffers(device, options.vocab, groups);
    const { keys, partials, histogram: bins, entries, params, uncounted } = buffers;
    const allLogits = { buffer: options.logits, size: options.vocab * 4 };
    const step = (
      pipeline: GPUComputePipeline,
      bound: readonly (GPUBuffer | GPUBufferBinding)[],
      groups: number,
    ): Step => ({
      pipeline,
      groups,
      bindings: device.createBindGroup({
        label: pipeline.label,
        layout: pipeline.getBindGroupLayout(0),
        entries: bound.map((resource, binding) => ({ binding, resource })),
      }),
    });
    return new GpuSampler(
      device,
      options.vocab,
      Math.min(options.drawable, options.vocab),
      constants.WORKGROUP,
      buffers,
      [
        step(logits, [allLogits, entries, keys, partials, bins, params], groups),
        step(histogram, [partials, keys, bins, params], groups),
        step(draw, [partials, keys, bins, options.state, entries, params], 1),
      ],
      step(uncount, [uncounted, entries], 1),
    );
  }

  /**
   * Sets everything the coming draws depend on but the logits and the state buffer (its `step` numbers the
   * draws of a seed, so a generation that must repeat starts from the same step).
   * @throws AppError `parameter-out-of-range`; nothing is written then.
   */
  configure(settings: DrawSettings, context: DrawContext): void {
    checkDrawSettings(settings);
    const entries = entriesOf(settings, context, this.vocab);
    this.device.queue.writeBuffer(this.buffers.entries, 0, entries);
    this.device.queue.writeBuffer(this.buffers.params, 0, paramsOf(settings, this.drawable, this.lanes));
  }

  /** Three dispatches: state.token = draw from the logits, position and step + 1, the token counted. */
  encode(pass: GPUComputePassEncoder): void {
    for (const step of this.steps) encodeStep(pass, step);
  }

  /**
   * Takes back the counts of tokens drawn since `configure` and thrown away, by a submit of its own. Does not
   * touch the state buffer.
   */
  uncount(ids: readonly number[]): void {
    for (let start = 0; start < ids.length; start += MOST_UNCOUNTED) {
      const part = ids.slice(start, start + MOST_UNCOUNTED);
      this.device.queue.writeBuffer(this.buffers.uncounted, 0, Uint32Array.from([part.length, ...part]));
      const encoder = this.device.createCommandEncoder({ label: 'uncount' });
      const pass = encoder.beginComputePass({ label: 'uncount' });
      encodeStep(pass, this.takeBack);
      pass.end();
      this.device.queue.submit([encoder.finish()]);
    }
  }

  dispose(): void {
    for (const buffer of Object.values(this.buffers)) buffer.destroy();
  }
}

interface Step {
  readonly pipeline: GPUComputePipeline;
  readonly bindings: GPUBindGroup;
  readonly groups: number;
}

function encodeStep(pass: GPUComputePassEncoder, { pipeline, bindings, groups }: Step): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindings);
  pass.dispatchWorkgroups(groups);
}

type Buffers = ReturnType<typeof createBuffers>;

function createBuffers(device: GPUDevice, vocab: number, groups: number) {
  const create = (label: string, size: number, usage: number) =>
    device.createBuffer({ label: `sampler ${label}`, size, usage: usage | GPUBufferUsage.COPY_DST });
  const { STORAGE, UNIFORM } = GPUBufferUsage;
  return {
    /** u32 [vocab rounded up to 4] */
    keys: create('keys', Math.ceil(vocab / 4) * 16, STORAGE),
    /** [groups] of (best, id, sum, sum) */
    partials: create('partials', groups * PARTIAL_BYTES, STORAGE),
    /** u32 [3, BINS] */
    histogram: create('histogram', 3 * BINS * 4, STORAGE),
    /** [vocab] of (count word, bias) */
    entries: create('entries', vocab * 8, STORAGE),
    params: create('params', PARAMS_BYTES, UNIFORM),
    /** u32 [1 + MOST_UNCOUNTED] */
    uncounted: create('uncounted', (1 + MOST_UNCOUNTED) * 4, STORAGE),
  };
}

/** u32 [vocab, 2]: count word and bits of the bias. */
function entriesOf(settings: DrawSettings, context: DrawContext, vocab: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(vocab * 2);
  const biases = new Float32Array(words.buffer);
  const at = (id: number): number => {
    if (!Number.isInteger(id) || id < 0 || id >= vocab)
      throw new AppError('parameter-out-of-range', {
        parameter: 'token',
        value: id,
        least: 0,
        most: vocab - 1,
      });
    return id * 2;
  };
  for (const id of context.tokens) words[at(id)] = IN_CONTEXT;
  for (const id of context.generated) words[at(id)]! += 1;
  for (const [id, bias] of settings.logitBias) {
    if (bias === Number.NEGATIVE_INFINITY) words[at(id) + 1] = BANNED;
    else biases[at(id) + 1] = Math.min(Math.max(bias, -1e30), 1e30);
  }
  for (const id of settings.banned) words[at(id) + 1] = BANNED;
  return words;
}

/** `Params` of shaders/lib/sampler.wgsl. */
function paramsOf(settings: DrawSettings, drawable: number, lanes: number): ArrayBuffer {
  const isTopPFirst = settings.order === 'topp-topk-temperature';
  const inverse = isGreedy(settings) ? 1 : 1 / settings.temperature;
  const isTopPOn = settings.topP < 1;
  const params = new DataView(new ArrayBuffer(PARAMS_BYTES));
  const floats = [
    isTopPFirst ? 1 : inverse,
    isTopPFirst ? inverse : 1,
    settings.repetitionPenalty,
    settings.presencePenalty,
    settings.frequencyPenalty,
  ];
  const flags =
    (isGreedy(settings) ? FLAG.greedy : 0) |
    (isTopPFirst ? FLAG.topPFirst : 0) |
    (isTopPOn ? FLAG.cutTopP : 0);
  const words = [
    Math.floor(settings.topK),
    isTopPOn ? Math.min(Math.floor(settings.topP * 2 ** 32), 0xffffffff) : 0,
    flags,
    foldSeed(settings.seed),
    drawable,
    lanes,
  ];
  for (const [i, value] of floats.entries()) params.setFloat32(i * 4, value, true);
  for (const [i, value] of words.entries()) params.setUint32((floats.length + i) * 4, value, true);
  return params.buffer;
}
