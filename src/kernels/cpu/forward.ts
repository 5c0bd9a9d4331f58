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

/** A model with its cache (keys and values rounded to half, as on the GPU). */
export class CpuModel {
  private readonly caches: readonly CpuCache[];

  /** `rope`: [capacity, headDim / 2, 2] of (cos, sin). */
  constructor(
    private readonly architecture: Architecture,
    private readonly weights: CpuWeights,
    private readonly rope: ArrayLike<number>,
    capacity: number,
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
      const cache = this.caches[index]!;
      const x = rmsNormRows(residual, layer.attentionNorm, normEps);
      const qkv = matmul(x, layer.qkv, hidden);
      const q = ropeKvRows(this.architecture, qkv, this.rope, start, cache);
      add(matmul(attentionRows(this.architecture, q, cache, start), layer.output, heads * headDim));
      const normed = rmsNormRows(residual, layer.feedForwardNorm, normEps);
      const activation = siluMulRows(matmul(normed, layer.gateUp, hidden), intermediate);
      add(matmul(activation, layer.down, intermediate));
    });
    return residual;
  }

  /** Logits [vocab] of one residual [hidden]. */
  logits(residual: ArrayLike<number>): Float64Array {
    const { hidden, normEps } = this.architecture;
    return matmul(rmsNormRows(residual, this.weights.finalNorm, normEps), this.weights.head, hidden);
  }
}
