/** The whole model in float64, slow and plain: what prefill, decode and their mixtures must agree with. */
import type { Architecture } from '../../models/architecture';
import {
  attentionRows,
  type CpuCache,
  emptyCache,
  matmul,
  rmsNormRows,
  ropeKvRows,
  siluMulRows,
} from './prefill';

/** Values as the GPU's weights stand for, shapes as LayerWeights of src/kernels/types.ts. */
export interface CpuLayer {
  readonly attentionNorm: ArrayLike<number>;
  readonly qkv: ArrayLike<number>;
  readonly output: ArrayLike<number>;
  readonly feedForwardNorm: ArrayLike<number>;
  readonly gateUp: ArrayLike<number>;
  readonly down: ArrayLike<number>;
}

export interface CpuWeights {
  readonly embedding: ArrayLike<number>;
  readonly layers: readonly CpuLayer[];
  readonly finalNorm: ArrayLike<number>;
  readonly head: ArrayLike<number>;
}

/** Sees what goes into each matrix, named as in `logicalTensors`: x [tokens, cols]. */
export type InputObserver = (name: string, x: Float64Array) => void;

/** A model with its cache (keys and values rounded to half, as on the GPU). */
export class CpuModel {
  private readonly caches: readonly CpuCache[];

  /** `rope`: [capacity, headDim / 2, 2] of (cos, sin). */
  constructor(
    private readonly architecture: Architecture,
    private readonly weights: CpuWeights,
    private readonly rope: ArrayLike<number>,
    capacity: number,
    private readonly observe: InputObserver = () => {},
  ) {
    this.caches = weights.layers.map(() => emptyCache(architecture, capacity));
  }

  /** Residuals [ids, hidden] after all layers, before the final norm, of `ids` at positions start, start + 1, ... */
  feed(ids: readonly number[], start: number): Float64Array {
    const { hidden, heads, headDim, intermediate, normEps } = this.architecture;
    const { embedding } = this.weights;
    const residual = Float64Array.from(
      { length: ids.length * hidden },
      (_, i) => embedding[ids[Math.floor(i / hidden)]! * hidden + (i % hidden)]!,
    );
    const add = (update: Float64Array) => {
      for (let i = 0; i < residual.length; i++) residual[i]! += update[i]!;
    };
    this.weights.layers.forEach((layer, index) => {
      const see = (name: string, x: Float64Array) => {
        this.observe(`model.layers.${index}.${name}`, x);
        return x;
      };
      const cache = this.caches[index]!;
      const x = see('self_attn.qkv_proj', rmsNormRows(residual, layer.attentionNorm, normEps));
      const qkv = matmul(x, layer.qkv, hidden);
      const q = ropeKvRows(this.architecture, qkv, this.rope, start, cache);
      const attended = see('self_attn.o_proj', attentionRows(this.architecture, q, cache, start));
      add(matmul(attended, layer.output, heads * headDim));
      const normed = see('mlp.gate_up_proj', rmsNormRows(residual, layer.feedForwardNorm, normEps));
      const gated = siluMulRows(matmul(normed, layer.gateUp, hidden), intermediate);
      const activation = see('mlp.down_proj', gated);
      add(matmul(activation, layer.down, intermediate));
    });
    return residual;
  }

  /** Logits [tokens, vocab] of residuals [tokens, hidden]. */
  logits(residuals: ArrayLike<number>): Float64Array {
    return matmul(this.headInputs(residuals), this.weights.head, this.architecture.hidden);
  }

  /** What the head is applied to: residuals [tokens, hidden] after the final norm. */
  headInputs(residuals: ArrayLike<number>): Float64Array {
    const x = rmsNormRows(residuals, this.weights.finalNorm, this.architecture.normEps);
    this.observe('lm_head', x);
    return x;
  }
}
