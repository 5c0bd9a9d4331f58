/** What page and convert worker say to each other: one order, then progress, then one end. */
import type { ConvertProgress } from '../convert/progress';
import type { Quantization } from '../models/architecture';
import type { Correction } from '../models/catalogue/types';
import type { TemplateName } from '../models/templates';
import type { GivenFile } from '../store/file-source';

/** Where a checkpoint comes from. Plain data: it is kept with an unfinished conversion. */
export type SourceOrder =
  | { readonly kind: 'hugging-face' | 'modelscope'; readonly repo: string; readonly revision: string }
  | { readonly kind: 'url'; readonly url: string }
  /** Files the user gave; they must be given again after the page was closed. */
  | { readonly kind: 'files'; readonly label: string; readonly files: readonly GivenFile[] };

export interface ConvertOrder {
  readonly kind: 'convert';
  /** Id of the model in the store. */
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  /** Of the catalogue, where it is from there. */
  readonly catalogueId?: string;
  readonly source: SourceOrder;
  readonly base?: SourceOrder;
  readonly lora?: SourceOrder;
  readonly quantization: Quantization;
  readonly template?: TemplateName;
  readonly licence: string;
}

export type ToConverter = ConvertOrder | { readonly kind: 'pause' };

export type FromConverter =
  | { readonly kind: 'progress'; readonly progress: ConvertProgress }
  | {
      readonly kind: 'done';
      readonly modelId: string;
      readonly corrections: readonly Correction[];
      /** Tensors of the checkpoint that are no part of the model. */
      readonly ignoredTensors: readonly string[];
    }
  /** Text form of an AppError. */
  | { readonly kind: 'failed'; readonly error: string };
