/** What the catalogue says about a published model. Facts only; a fact nobody published is `undefined` and listed. */
import type { Architecture } from '../architecture';
import type { FamilyId } from '../families';

export type CatalogueHost = 'hugging-face' | 'modelscope';

export interface CatalogueFile {
  readonly name: string;
  /** Undefined where unknown. */
  readonly sizeBytes: number | undefined;
}

export interface CatalogueSource {
  readonly host: CatalogueHost;
  /** `ORG/NAME`. */
  readonly repo: string;
  /** Commit, or a branch where no commit is known; what a branch points to is pinned when a download begins. */
  readonly revision: string;
  /** Who offers it, where that is not the model's publisher. */
  readonly by?: string;
  readonly format: 'safetensors' | 'torch';
  readonly dtype: 'F16' | 'BF16' | 'F32';
  /** Weight files where their names and sizes are known. */
  readonly files?: readonly CatalogueFile[];
  /** Of all weight files. */
  readonly downloadBytes: number;
  /** The repository holds a delta: these bytes more, of the base, are needed. */
  readonly isDelta?: boolean;
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

export type LicenceId = 'aquila' | 'aquila-70b' | 'gpl-3.0-llama';

export interface CatalogueModel {
  /** Lower case, stable: the address of its card and the start of its stored id. */
  readonly id: string;
  /** As its publisher writes it. */
  readonly name: string;
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
  /** What no source states, as keys of this record or plain words. */
  readonly unknown: readonly string[];
}
