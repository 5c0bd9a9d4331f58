/** Where a checkpoint, a base or a LoRA comes from, as the user chooses it. Pure. */
import { parseSourceSpec } from '../../../convert/sources/source-spec';
import type { CatalogueSource } from '../../../models/catalogue/types';
import type { RemoteSource, SourceOrder } from '../../../store/convert-order';
import type { GivenFolder } from '../given-folder';

/** `catalogue` with the place in the model's list of sources. */
export type PlaceChoice =
  | { readonly kind: 'catalogue'; readonly at: number }
  | { readonly kind: 'files' }
  | { readonly kind: 'address' };

export interface Place {
  readonly choice: PlaceChoice;
  /** Kept while another choice is looked at. */
  readonly given: GivenFolder | undefined;
  readonly address: string;
}

export const NO_PLACE: Place = { choice: { kind: 'files' }, given: undefined, address: '' };

/** `ORG/NAME` as people copy it from Hugging Face. */
const BARE = /^[\w.-]+\/[\w.-]+(@.+)?$/;

/** What `aerie convert --source` takes, and `ORG/NAME` alone; undefined for anything else. */
export function parsePlace(text: string): RemoteSource | undefined {
  const place = text.trim();
  try {
    return parseSourceSpec(BARE.test(place) ? `hf:${place}` : place);
  } catch {
    // The field says that it cannot be read; the reason would tell no more.
    return undefined;
  }
}

/** Undefined while the choice is not complete. */
export function sourceOf(place: Place, sources: readonly CatalogueSource[] = []): SourceOrder | undefined {
  const { choice, given, address } = place;
  if (choice.kind === 'files') return given && { kind: 'files', ...given };
  if (choice.kind === 'address') return parsePlace(address);
  const source = sources[choice.at];
  return source && { kind: source.host, repo: source.repo, revision: source.revision };
}
