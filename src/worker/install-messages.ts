/** What page and install worker say to each other: one order, then progress, then one end. */
import type { GivenFile } from '../store/file-source';
import type { InstallProgress } from '../store/install';
import type { ModelState } from '../store/weights';

export type InstallOrder =
  | {
      readonly kind: 'url';
      readonly url: string;
      readonly id?: string;
      /** Files of the stored model that were found bad. */
      readonly badFiles?: readonly string[];
    }
  | { readonly kind: 'files'; readonly files: readonly GivenFile[]; readonly id?: string };

/** Reads a stored model again and compares it with its hashes. */
export interface VerifyOrder {
  readonly kind: 'verify';
  readonly id: string;
}

export type ToInstaller = InstallOrder | VerifyOrder | { readonly kind: 'abort' };

export type FromInstaller =
  | { readonly kind: 'progress'; readonly progress: InstallProgress }
  | { readonly kind: 'done'; readonly model: ModelState }
  /** Names of the files that are not what they should be. */
  | { readonly kind: 'verified'; readonly badFiles: readonly string[] }
  /** Text form of an AppError. */
  | { readonly kind: 'failed'; readonly error: string };
