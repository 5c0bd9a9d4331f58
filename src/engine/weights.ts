/**
 * Weights of a stored model into GPU buffers, block by block: at most BLOCK_BYTES of a tensor are in memory at
 * once, and the queue is drained often enough that its staging memory stays small too. Called by the runner.
 */
import { AppError } from '../core/errors';
import { fromHalf } from '../core/half';
import type { Gpu } from '../gpu/device';
import { rowBytes } from '../kernels/matrix';
import type { LayerWeights, Matrix, MatrixSlice, ModelWeights, WeightFormat } from '../kernels/types';
import type { Architecture, Quantization } from '../models/architecture';
import type { ModelPackage } from '../models/package';
import { GpuMemory } from './gpu-memory';
import { DEFAULT_UNIT, type MatrixShape, planSlices } from './slice-plan';

export interface UploadedWeights extends ModelWeights {
  readonly bytes: number;
  destroy(): void;
}

export type UploadProgress = (bytesDone: number, bytesTotal: number) => void;

/** Most bytes of one tensor read at a time. */
const BLOCK_BYTES = 16 << 20;
/** Bytes written before the queue is waited for. */
const DRAIN_BYTES = 64 << 20;

const FORMATS: Readonly<Record<Quantization, WeightFormat>> = {
  q4f16_1: 'q4f16',
  q4f32_1: 'q4f32',
  q0f16: 'f16',
  q0f32: 'f32',
};

/**
 * Throws AppError `aborted`, `out-of-gpu-memory` {neededBytes}, `limits-too-small`, and what reading the
 * package throws; whatever was already on the GPU is freed.
 */
export async function uploadWeights(
  gpu: Gpu,
  model: ModelPackage,
  onProgress: UploadProgress = () => {},
  signal?: AbortSignal,
): Promise<UploadedWeights> {
  const uploader = new Uploader(gpu, model, onProgress, signal);
  try {
    const weights = await uploader.model();
    await uploader.drain();
    return { ...weights, bytes: uploader.memory.bytes, destroy: () => uploader.memory.destroy() };
  } catch (error) {
    uploader.memory.destroy();
    throw error;
  }
}

class Uploader {
  readonly memory: GpuMemory;
  private readonly format: WeightFormat;
  private readonly totalBytes: number;
  private doneBytes = 0;
  private undrainedBytes = 0;

  constructor(
    private readonly gpu: Gpu,
    private readonly source: ModelPackage,
    private readonly onProgress: UploadProgress,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.memory = new GpuMemory(gpu.device);
    this.format = FORMATS[source.architecture.quantization];
    this.totalBytes = weightBytes(source.architecture);
  }

  async model(): Promise<ModelWeights> {
    const a = this.source.architecture;
    const { vocab, hidden, headDim } = a;
    const matrix = (name: string, rows: number, cols: number, more: Partial<MatrixShape> = {}) =>
      this.matrix({ name, format: this.format, rows, cols, unit: DEFAULT_UNIT, ...more });

    const embedding = await matrix('model.embed_tokens', vocab, hidden);
    const layers: LayerWeights[] = [];
    for (let layer = 0; layer < a.layers; layer++) {
      const prefix = `model.layers.${layer}`;
      layers.push({
        attentionNorm: await this.norm(`${prefix}.input_layernorm`),
        qkv: await matrix(`${prefix}.self_attn.qkv_proj`, (a.heads + 2 * a.kvHeads) * headDim, hidden, {
          unit: headDim,
        }),
        output: await matrix(`${prefix}.self_attn.o_proj`, hidden, a.heads * headDim),
        feedForwardNorm: await this.norm(`${prefix}.post_attention_layernorm`),
        gateUp: await matrix(`${prefix}.mlp.gate_up_proj`, 2 * a.intermediate, hidden, { paired: true }),
        down: await matrix(`${prefix}.mlp.down_proj`, hidden, a.intermediate),
      });
    }
    const finalNorm = await this.norm('model.norm');
    const head = a.tiedEmbedding ? embedding : await matrix('lm_head', vocab, hidden);
    return { embedding, layers, finalNorm, head };
  }

  private async matrix(shape: MatrixShape): Promise<Matrix> {
    const { name, format, rows, cols } = shape;
    const isQuantized = format === 'q4f16' || format === 'q4f32';
    const perRow = rowBytes(format, cols);
    const slices: MatrixSlice[] = [];
    for (const range of planSlices(shape, Math.min(this.gpu.maxBindingBytes, this.gpu.maxBufferBytes))) {
      const end = range.rowStart + range.rows;
      const fill = (stored: string, bytes: number) => this.rows(stored, range.rowStart, end, bytes);
      slices.push({
        ...range,
        data: await fill(`${name}.${isQuantized ? 'q_weight' : 'weight'}`, perRow.data),
        scales: isQuantized ? await fill(`${name}.q_scale`, perRow.scales) : undefined,
      });
    }
    return { format, rows, cols, slices };
  }

  /** Rows [start, end) of a stored tensor, `bytesPerRow` each, as a buffer of their own. */
  private async rows(name: string, start: number, end: number, bytesPerRow: number): Promise<GPUBuffer> {
    const buffer = await this.create(name, (end - start) * bytesPerRow);
    // Whole units of rows keep every write at a multiple of four bytes.
    const step = Math.max(1, Math.floor(BLOCK_BYTES / bytesPerRow / DEFAULT_UNIT)) * DEFAULT_UNIT;
    for (let row = start; row < end; row += step) {
      const block = await this.source.readTensor(name, row, Math.min(end, row + step));
      await this.write(buffer, (row - start) * bytesPerRow, block);
    }
    return buffer;
  }

  /** f32 [hidden], widened where it is stored as halves. */
  private async norm(name: string): Promise<GPUBuffer> {
    const stored = `${name}.weight`;
    const bytes = await this.source.readTensor(stored);
    const isHalf = this.source.tensors.get(stored)?.dtype === 'float16';
    const values = isHalf
      ? Float32Array.from(new Uint16Array(bytes.buffer), fromHalf)
      : new Float32Array(bytes.buffer);
    const buffer = await this.create(stored, values.byteLength);
    await this.write(buffer, 0, new Uint8Array(values.buffer));
    return buffer;
  }

  private create(label: string, sizeBytes: number): Promise<GPUBuffer> {
    this.checkAborted();
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    return this.memory.create(label, sizeBytes, usage, this.totalBytes);
  }

  private async write(buffer: GPUBuffer, offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.checkAborted();
    const whole = bytes.byteLength - (bytes.byteLength % 4);
    const { queue } = this.gpu.device;
    queue.writeBuffer(buffer, offset, bytes, 0, whole);
    if (whole < bytes.byteLength) {
      const rest = new Uint8Array(4);
      rest.set(bytes.subarray(whole));
      queue.writeBuffer(buffer, offset + whole, rest);
    }
    this.doneBytes += bytes.byteLength;
    this.undrainedBytes += bytes.byteLength;
    this.onProgress(Math.min(this.doneBytes, this.totalBytes), this.totalBytes);
    if (this.undrainedBytes >= DRAIN_BYTES) await this.drain();
  }

  /** Writes reach the GPU with a submit; waiting for it frees their staging memory. */
  async drain(): Promise<void> {
    this.gpu.device.queue.submit([]);
    await this.gpu.device.queue.onSubmittedWorkDone();
    this.undrainedBytes = 0;
  }

  private checkAborted(): void {
    if (this.signal?.aborted) throw new AppError('aborted');
  }
}

/** Bytes that the weights of a model take on the GPU. */
export function weightBytes(a: Architecture): number {
  const format = FORMATS[a.quantization];
  const matrix = (rows: number, cols: number): number => {
    const { data, scales } = rowBytes(format, cols);
    return rows * (data + scales);
  };
  const layer =
    matrix((a.heads + 2 * a.kvHeads) * a.headDim, a.hidden) +
    matrix(a.hidden, a.heads * a.headDim) +
    matrix(2 * a.intermediate, a.hidden) +
    matrix(a.hidden, a.intermediate) +
    2 * a.hidden * 4;
  const vocabulary = matrix(a.vocab, a.hidden) * (a.tiedEmbedding ? 1 : 2);
  return a.layers * layer + vocabulary + a.hidden * 4;
}
