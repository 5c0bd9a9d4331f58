import type { Gpu } from '../gpu/device';
import type { Architecture } from '../models/architecture';
import type { BenchPace } from './config';
import type { BenchConfig } from './types';

/** What the parts of one shape's run need to know. */
export interface ShapeJob {
  readonly gpu: Gpu;
  readonly config: BenchConfig;
  readonly pace: BenchPace;
  /** With the layers that run. */
  readonly architecture: Architecture;
  /** With all layers. */
  readonly whole: Architecture;
  /** Of the read probe; absent: no shares. */
  readonly readBytesPerSecond: number | undefined;
  readonly signal: AbortSignal | undefined;
}

export function isScaled({ architecture, whole }: ShapeJob): boolean {
  return architecture.layers < whole.layers;
}
