/** What the catalogue says about a published model. Facts only; a fact nobody published is `undefined` and listed. */
import type { Architecture } from '../architecture';
import type { FamilyId } from '../families';

export type CatalogueHost = 'hugging-face' | 'modelscope';

export interface CatalogueFile {
  readonly name: string;
  /** As listed by its host, which rounds to three digits. Undefined where unknown. */
  readonly sizeBytes: number | undefined;
}

export interface CatalogueSource {
  readonly host: CatalogueHost;
  /** `ORG/NAME`. */
  readonly repo: string;
  /**
   * A commit in full (`isPinned`), otherwise a branch or the short form of a commit: what that points to is
   * pinned when a download begins.
   */
  readonly revision: string;
  /** Who offers it, where that is not the model's publisher. */
  readonly by?: string;
  readonly format: 'safetensors' | 'torch';
  /** Of the files; `torch_dtype` of config.json may say otherwise. */
  readonly dtype: 'F16' | 'BF16' | 'F32';
  /** Weight files where their names and sizes are known. */
  readonly files?: readonly CatalogueFile[];
  /** Of all weight files. */
  readonly downloadBytes: number;
  /** `downloadBytes` is parameters times their size, because no source lists the files with sizes. */
  readonly isComputed?: boolean;
  /** The repository holds a delta: `baseBytes` more, of the base, are needed. */
  readonly isDelta?: boolean;
  /** Weights of the base, where there is a delta. */
  readonly baseBytes?: number;
}

/** A value of `config.json` that is known to be wrong, and what it should be. */
export interface Correction {
  readonly field: string;
  /** Undefined: absent. */
  readonly published: unknown;
  readonly corrected: unknown;
  /** Key of the reason; the interface and the command line own the sentence. */
  readonly reason: CorrectionReason;
}
export const CORRECTION_REASONS = ['token-ids', 'norm-eps', 'rope-scaling', 'context'] as const;
export type CorrectionReason = (typeof CORRECTION_REASONS)[number];

/** What no source states; the interface and the command line own the words. */
export type UnknownFact =
  | 'architecture'
  | 'parameters'
  | 'sources'
  /** Sizes of its files, and with them whether they are f16 or f32. */
  | 'file-sizes'
  /** The commit is known in its short form only. */
  | 'full-commit'
  | 'norm-eps'
  /** Its config and those of its siblings disagree; the config is followed. */
  | 'norm-eps-disputed'
  | 'config'
  | 'prompt-format'
  | 'turn-separator'
  | 'space-after-role'
  | 'sampling'
  | 'pre-tokenizer';

export type LicenceId = 'aquila' | 'aquila-70b' | 'gpl-3.0-llama';

export interface CatalogueModel {
  /** Lower case, stable: the address of its card and the start of its stored id. */
  readonly id: string;
  /** As its publisher writes it. */
  readonly name: string;
  /** Tells apart models that were published under one name. */
  readonly edition?: string;
  /** What its publisher offers instead, where the status is `superseded`. */
  readonly supersededBy?: string;
  readonly series: 'aquila' | 'aquila2' | 'ziya';
  readonly kind: 'chat' | 'base' | 'code' | 'sql';
  readonly family: FamilyId;
  readonly status: 'available' | 'superseded' | 'experiment' | 'never-released';
  readonly parameters: number | undefined;
  /** Undefined where no source states it. */
  readonly architecture: Omit<Architecture, 'quantization'> | undefined;
  /** Empty for a model that was never released. The first is the one to propose. */
  readonly sources: readonly CatalogueSource[];
  readonly licence: LicenceId;
  /** Wrong values of its published configuration. */
  readonly corrections: readonly Correction[];
  readonly unknown: readonly UnknownFact[];
}
