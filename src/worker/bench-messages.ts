/** What page and benchmark worker say to each other: one order, then progress, then one end. */
import type { BenchConfig, BenchProgress, BenchResult } from '../bench/types';

export type ToBench = { readonly kind: 'run'; readonly config: BenchConfig } | { readonly kind: 'cancel' };

export type FromBench =
  | { readonly kind: 'progress'; readonly progress: BenchProgress }
  | { readonly kind: 'done'; readonly result: BenchResult }
  /** Text form of an AppError. */
  | { readonly kind: 'failed'; readonly error: string };
