/** What page and convert worker say to each other: one order, then progress, then one end. */
import type { ConvertProgress } from '../convert/progress';
import type { Correction } from '../models/catalogue/types';
import type { ConvertOrder, SourceOrder } from '../store/convert-order';

export type { ConvertOrder, SourceOrder } from '../store/convert-order';

/** What is behind a source, before anything is fetched. */
export interface SourceReport {
  /** As it goes into `aerie.json`. */
  readonly origin: string;
  /** The commit a branch stands for now; empty where there is none. */
  readonly revision: string;
  /** Those a conversion reads, with their length where it is known. */
  readonly files: readonly { readonly name: string; readonly sizeBytes: number | undefined }[];
  /** Of those whose length is known. */
  readonly sizeBytes: number;
}

/** How a hub answers from here: one byte of a public file was asked for. */
export type HostReport =
  | { readonly verdict: 'reachable'; readonly elapsedMs: number }
  /** The server answers, but forbids this page to read the answer. */
  | { readonly verdict: 'forbidden'; readonly elapsedMs: number }
  | { readonly verdict: 'refused'; readonly status: number; readonly elapsedMs: number }
  | { readonly verdict: 'unreachable' };

export type ToConverter =
  | ConvertOrder
  | { readonly kind: 'check'; readonly source: SourceOrder }
  | { readonly kind: 'pause' };

export type FromConverter =
  | {
      readonly kind: 'progress';
      readonly progress: ConvertProgress;
      /** Milliseconds since the epoch: when the last byte of a source came. */
      readonly lastByteAt: number;
    }
  | {
      readonly kind: 'done';
      readonly modelId: string;
      readonly corrections: readonly Correction[];
      /** Tensors of the checkpoint that are no part of the model. */
      readonly ignoredTensors: readonly string[];
      /** Keys that its configuration names twice; the last value was taken. */
      readonly duplicateKeys?: readonly string[];
    }
  | { readonly kind: 'checked'; readonly report: SourceReport }
  /** Text form of an AppError. */
  | { readonly kind: 'failed'; readonly error: string };
