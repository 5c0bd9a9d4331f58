/** English words for what the catalogue says in keys. */

import type { LicencePoint } from '../models/catalogue/licences';
import type { CatalogueModel, CorrectionReason, UnknownFact } from '../models/catalogue/types';
import type { Verdict, VerdictReason } from '../models/catalogue/verdict';

export const STATUS_TEXT: Readonly<Record<CatalogueModel['status'], string>> = {
  available: 'available',
  superseded: 'superseded',
  experiment: 'experiment',
  'never-released': 'never released',
};

export const CORRECTION_TEXT: Readonly<Record<CorrectionReason, string>> = {
  'token-ids': 'the published ids are ordinary bytes; with them an answer never ends',
  'norm-eps': 'the published value differs from the training code',
  'rope-scaling': 'some revisions lack it; long texts fall apart without',
  context: 'the published length is the one before scaling',
};

export const UNKNOWN_TEXT: Readonly<Record<UnknownFact, string>> = {
  architecture: 'its shape',
  parameters: 'its number of parameters',
  sources: 'where its files are now',
  'file-sizes': 'the sizes of all files, and with them whether they are f16 or f32',
  'full-commit': 'the commit in full',
  'norm-eps': 'the eps of its norms; its config is followed',
  'norm-eps-disputed': 'which eps is right: its config says 1e-06, its siblings 1e-05; its own is followed',
  config: 'what its config.json says',
  'prompt-format': 'whether the prompt format is right',
  'turn-separator': 'what separates turns',
  'space-after-role': 'whether a space follows <human> and <bot>',
  sampling: 'recommended sampling',
  'pre-tokenizer': 'how text is cut before the tokenizer; its tokenizer.json is followed',
};

export const LICENCE_TEXT: Readonly<Record<LicencePoint, string>> = {
  use: 'use and copy',
  modify: 'modify',
  redistribute: 'pass on',
  'commercial-use': 'commercial use',
  'no-commercial-use': 'commercial use',
  'no-merged-weights': 'publishing the merged weights',
  'no-trademarks': "BAAI's names and marks without written consent",
  'obey-laws': 'obey the law (that of China is named)',
  'pass-on-source': 'name the source when passing it on',
  'pass-on-agreement': 'enclose the agreement when passing it on',
  'mark-changes': 'mark changes, quantising included',
  'bring-own-base': 'bring a lawful copy of LLaMA-13B',
  'share-alike': 'pass on changes to the delta under GPL-3.0 only',
  revocable: 'it may be revoked at any time',
  'may-be-revised': 'the publisher may revise it',
};

export const VERDICT_TEXT: Readonly<Record<Verdict['verdict'], string>> = {
  fits: 'fits',
  tight: 'tight',
  'too-large': 'too large',
  unknown: 'unknown',
};

export const VERDICT_REASON_TEXT: Readonly<Record<VerdictReason, string>> = {
  'memory-unknown': 'say how much memory the GPU has with --memory',
  'enough-memory': 'with its full context',
  'context-cut-by-adapter': 'with the context that one buffer of the GPU can hold',
  'shorter-context': 'comfortable with a shorter context only',
  'almost-all-memory': 'only if next to nothing else uses the GPU',
  'too-little-memory': 'not even the shortest context has room',
};
