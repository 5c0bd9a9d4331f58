/**
 * What the licences of the published models permit and demand, as facts; the sentences belong to the interface.
 * Taken from the agreements that BAAI ships with FlagAI and Aquila2 (PDF) and from the cards of Ziya. The full
 * text is behind `urls`; a converted package carries the publisher's own licence file where the source has one.
 */
import type { LicenceId } from './types';

export type LicencePoint =
  // permits
  | 'use'
  | 'modify'
  | 'redistribute'
  | 'commercial-use'
  // forbids
  | 'no-commercial-use'
  | 'no-merged-weights'
  | 'no-trademarks'
  // demands
  | 'obey-laws'
  | 'pass-on-source'
  | 'pass-on-agreement'
  | 'mark-changes'
  | 'bring-own-base'
  | 'share-alike'
  // and
  | 'revocable'
  | 'may-be-revised';

export interface Licence {
  /** As its publisher calls it, in English. */
  readonly shortName: string;
  /** Official texts, the one to show first. */
  readonly urls: readonly string[];
  /** ISO date; undefined where the text has none. */
  readonly effective: string | undefined;
  readonly permits: readonly LicencePoint[];
  readonly forbids: readonly LicencePoint[];
  /** Of whoever uses the model or hands it on. */
  readonly demands: readonly LicencePoint[];
  /** Whether a converted package may be offered to others, if the demands are met. */
  readonly mayPublishPackage: boolean;
}

export const LICENCES: Readonly<Record<LicenceId, Licence>> = {
  aquila: {
    shortName: 'BAAI Aquila Model License Agreement',
    urls: [
      'https://github.com/FlagAI-Open/Aquila2/blob/main/assets/aquila_license.pdf',
      'https://github.com/FlagAI-Open/FlagAI/blob/master/BAAI_Aquila_Model_License.pdf',
    ],
    effective: '2023-06-08',
    permits: ['use', 'modify', 'redistribute', 'commercial-use'],
    forbids: ['no-trademarks'],
    demands: ['obey-laws', 'pass-on-source', 'pass-on-agreement', 'mark-changes', 'may-be-revised'],
    mayPublishPackage: true,
  },
  'aquila-70b': {
    shortName: 'BAAI Aquila 70B Model License Agreement',
    urls: ['https://github.com/FlagAI-Open/Aquila2/blob/main/assets/aquila2_70b_license.pdf'],
    effective: '2023-11-29',
    permits: ['use', 'modify', 'redistribute'],
    forbids: ['no-commercial-use'],
    demands: ['pass-on-source', 'pass-on-agreement', 'mark-changes', 'revocable'],
    mayPublishPackage: true,
  },
  'gpl-3.0-llama': {
    shortName: 'GPL-3.0, with the LLaMA license for the base',
    urls: ['https://huggingface.co/IDEA-CCNL/Ziya-LLaMA-13B-v1', 'https://www.gnu.org/licenses/gpl-3.0.html'],
    effective: undefined,
    permits: ['use', 'modify'],
    forbids: ['no-commercial-use', 'no-merged-weights'],
    demands: ['bring-own-base', 'share-alike'],
    mayPublishPackage: false,
  },
};
