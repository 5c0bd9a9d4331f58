/**
 * What is to be converted, as the interface orders it and as it is kept with an unfinished conversion. Files
 * the user gave cannot be kept; the folder they came from can, where the browser hands out a handle.
 */
import type { Quantization } from '../models/architecture';
import type { TemplateName } from '../models/templates';
import type { GivenFile } from './file-source';

/** A place on the network: it can be asked again at any time. */
export type RemoteSource =
  | { readonly kind: 'hugging-face' | 'modelscope'; readonly repo: string; readonly revision: string }
  | { readonly kind: 'url'; readonly url: string };

/** Where a checkpoint comes from. */
export type SourceOrder =
  | RemoteSource
  | {
      readonly kind: 'files';
      readonly label: string;
      readonly files: readonly GivenFile[];
      /** Folder they were read from: asked for permission again, it spares choosing it again. */
      readonly folder?: FileSystemDirectoryHandle;
    };

/** Of files only what they were called and, where there is one, the folder's handle. */
export type StoredSource =
  | RemoteSource
  | { readonly kind: 'files'; readonly label: string; readonly folder?: FileSystemDirectoryHandle };

interface OrderOf<Source> {
  readonly kind: 'convert';
  /** Id of the model in the store. */
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  /** Of the catalogue, where it is from there. */
  readonly catalogueId?: string;
  readonly source: Source;
  readonly base?: Source;
  readonly lora?: Source;
  readonly quantization: Quantization;
  /** Absent: the converter's own choice. */
  readonly rounding?: 'plain' | 'search';
  readonly template?: TemplateName;
  readonly licence: string;
}
export interface ConvertOrder extends OrderOf<SourceOrder> {
  /** Fingerprint of the unfinished conversion that this goes on with: other files must not replace it unasked. */
  readonly resumes?: string;
}
export type StoredOrder = OrderOf<StoredSource>;

export const SOURCE_ROLES = ['source', 'base', 'lora'] as const;
export type SourceRole = (typeof SOURCE_ROLES)[number];

/** Folders given again for the sources of an order that were files. */
export type GivenFiles = Readonly<Partial<Record<SourceRole, readonly GivenFile[]>>>;

/** `at-once`: from the network. `needs-permission`: for a folder whose handle is kept. `needs-files`: chosen again. */
export type ResumeNeed = 'at-once' | 'needs-permission' | 'needs-files';

/** The order without the files. */
export function toStoredOrder(order: ConvertOrder): StoredOrder {
  const { source, base, lora, resumes: _, ...about } = order;
  return {
    ...about,
    source: toStoredSource(source),
    ...(base && { base: toStoredSource(base) }),
    ...(lora && { lora: toStoredSource(lora) }),
  };
}

function toStoredSource(source: SourceOrder): StoredSource {
  if (source.kind !== 'files') return source;
  const { kind, label, folder } = source;
  return { kind, label, ...(folder && { folder }) };
}

/** What stands between a stored order and its going on. */
export function resumeNeed(order: StoredOrder): ResumeNeed {
  const local = SOURCE_ROLES.map((role) => order[role]).filter((source) => source?.kind === 'files');
  if (local.length === 0) return 'at-once';
  return local.every(({ folder }) => folder) ? 'needs-permission' : 'needs-files';
}
