/**
 * Where the weights of a model lie on the GPU. First every buffer is made, so that a memory that is too small shows
 * before a byte was read and the kernels can be bound meanwhile; fill-weights.ts then reads the data into them.
 */
import type { Gpu } from '../gpu/device';
import { rowBytes } from '../kernels/matrix';
import type { LayerWeights, Matrix, MatrixSlice, ModelWeights, WeightFormat } from '../kernels/types';
import type { Architecture, Quantization } from '../models/architecture';
import { type CreateBuffer, GpuMemory } from './gpu-memory';
import { DEFAULT_UNIT, type MatrixShape, planSlices } from './slice-plan';

/** Rows [rowStart, rowEnd) of a stored tensor and the buffer that takes them. */
export interface WeightPart {
  readonly tensor: string;
  readonly buffer: GPUBuffer;
  readonly rowStart: number;
  readonly rowEnd: number;
  /** On the GPU; norms are f32 there, whatever they are stored as. */
  readonly bytesPerRow: number;
  readonly isNorm: boolean;
}

export interface AllocatedWeights extends ModelWeights {
  readonly bytes: number;
  /** All that is to be read, in the order of the forward pass. */
  readonly parts: readonly WeightPart[];
  destroy(): void;
}

const FORMATS: Readonly<Record<Quantization, WeightFormat>> = {
  q4f16_1: 'q4f16',
  q4f32_1: 'q4f32',
  q0f16: 'f16',
  q0f32: 'f32',
};

/**
 * Buffers of all weights, with nothing in them. Throws AppError `out-of-gpu-memory` {neededBytes} and
 * `limits-too-small`; nothing stays on the GPU then.
 */
export async function allocateWeights(gpu: Gpu, architecture: Architecture): Promise<AllocatedWeights> {
  const memory = new GpuMemory(gpu.device);
  const { weights, parts } = await memory.createMany((create) => {
    const layout = new Layout(gpu, architecture, create);
    return { weights: layout.model(), parts: layout.parts };
  });
  return { ...weights, parts, bytes: memory.bytes, destroy: () => memory.destroy() };
}

class Layout {
  readonly parts: WeightPart[] = [];
  private readonly format: WeightFormat;

  constructor(
    private readonly gpu: Gpu,
    private readonly architecture: Architecture,
    private readonly create: CreateBuffer,
  ) {
    this.format = FORMATS[architecture.quantization];
  }

  model(): ModelWeights {
    const a = this.architecture;
    const { vocab, hidden } = a;
    const embedding = this.matrix('model.embed_tokens', vocab, hidden);
    return {
      embedding,
      layers: Array.from({ length: a.layers }, (_, layer) => this.layer(`model.layers.${layer}`)),
      finalNorm: this.norm('model.norm'),
      head: a.tiedEmbedding ? embedding : this.matrix('lm_head', vocab, hidden),
    };
  }

  private layer(prefix: string): LayerWeights {
    const { hidden, heads, kvHeads, headDim, intermediate } = this.architecture;
    return {
      attentionNorm: this.norm(`${prefix}.input_layernorm`),
      qkv: this.matrix(`${prefix}.self_attn.qkv_proj`, (heads + 2 * kvHeads) * headDim, hidden, {
        unit: headDim,
      }),
      output: this.matrix(`${prefix}.self_attn.o_proj`, hidden, heads * headDim),
      feedForwardNorm: this.norm(`${prefix}.post_attention_layernorm`),
      gateUp: this.matrix(`${prefix}.mlp.gate_up_proj`, 2 * intermediate, hidden, { paired: true }),
      down: this.matrix(`${prefix}.mlp.down_proj`, hidden, intermediate),
    };
  }

  private matrix(name: string, rows: number, cols: number, more: Partial<MatrixShape> = {}): Matrix {
    const { format, gpu } = this;
    const isQuantized = format === 'q4f16' || format === 'q4f32';
    const perRow = rowBytes(format, cols);
    const shape = { name, format, rows, cols, unit: DEFAULT_UNIT, ...more };
    const slices = planSlices(shape, Math.min(gpu.maxBindingBytes, gpu.maxBufferBytes)).map(
      (range): MatrixSlice => {
        const end = range.rowStart + range.rows;
        return {
          ...range,
          data: this.rows(`${name}.${isQuantized ? 'q_weight' : 'weight'}`, range.rowStart, end, perRow.data),
          scales: isQuantized ? this.rows(`${name}.q_scale`, range.rowStart, end, perRow.scales) : undefined,
        };
      },
    );
    return { format, rows, cols, slices };
  }

  /** f32 [hidden] */
  private norm(name: string): GPUBuffer {
    return this.rows(`${name}.weight`, 0, this.architecture.hidden, 4, true);
  }

  private rows(
    tensor: string,
    rowStart: number,
    rowEnd: number,
    bytesPerRow: number,
    isNorm = false,
  ): GPUBuffer {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    const buffer = this.create(tensor, (rowEnd - rowStart) * bytesPerRow, usage);
    this.parts.push({ tensor, buffer, rowStart, rowEnd, bytesPerRow, isNorm });
    return buffer;
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
