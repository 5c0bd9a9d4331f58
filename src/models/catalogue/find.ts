/** Which model of the catalogue a checkpoint is, by the names it goes by. */
import { isVocabOf } from './shapes';
import type { CatalogueModel } from './types';

export interface CheckpointHints {
  /** `hf:ORG/NAME`, `modelscope:ORG/NAME`, an address or a path; with or without `@REVISION`. */
  readonly origin: string;
  /** What people call it: a folder's name. */
  readonly name?: string | undefined;
  /** Where two editions share a name: the commit, and `vocab_size` of config.json, which decides. */
  readonly revision?: string | undefined;
  readonly vocab?: number | undefined;
}

/** What copies put around a name: `models--BAAI--X` (Hugging Face's cache), `BAAI_X`, `X-merged`, `X-hf`. */
const PREFIX = /^(models-+)?(baai|idea-ccnl|fengshenbang|erberry|yeungnlp)-+/;
const SUFFIX = /-+(merged|hf|main|master)$/;

const HUB = /^(hf|modelscope):/;

const plain = (name: string) => name.toLowerCase().replace(/[\s_.]+/g, '-');
const bare = (name: string) => plain(name).replace(PREFIX, '').replace(SUFFIX, '');

/**
 * Names are compared whole, not in part: a fine-tuned `my-AquilaChat-7B` is another model. Of two editions
 * of one name the vocabulary decides, then the commit, and otherwise it is the newer one. A folder may be called
 * anything, so one with another vocabulary is no model of the catalogue; a hub's repository is what it says.
 */
export function findEntry(
  models: readonly CatalogueModel[],
  hints: CheckpointHints,
): CatalogueModel | undefined {
  const isHub = HUB.test(hints.origin);
  const [path = '', atRevision] = hints.origin.replace(HUB, '').split('@');
  const candidates = [hints.name ?? '', ...path.split(/[/\\]/).reverse()].filter((part) => part !== '');
  for (const candidate of candidates) {
    const named = models.filter(({ id, name }) => bare(candidate) === plain(name) || candidate === id);
    const found = isHub ? named : named.filter((model) => mayHave(model, hints.vocab));
    if (found.length > 0) return editionOf(found, hints.revision ?? atRevision, hints.vocab);
  }
  return undefined;
}

/** As far as is known. */
function mayHave({ architecture }: CatalogueModel, vocab: number | undefined): boolean {
  return vocab === undefined || architecture === undefined || isVocabOf(architecture, vocab);
}

function editionOf(
  found: readonly CatalogueModel[],
  revision: string | undefined,
  vocab: number | undefined,
): CatalogueModel | undefined {
  const byVocab =
    vocab === undefined ? undefined : found.find(({ architecture: a }) => a && isVocabOf(a, vocab));
  const isSame = (known: string) =>
    revision !== undefined && (known === revision || (known.length === 7 && revision.startsWith(known)));
  return byVocab ?? found.find(({ sources }) => sources.some((s) => isSame(s.revision))) ?? found[0];
}
