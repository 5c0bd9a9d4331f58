/** Listings of a repository in the shapes of both hubs, for test-source-server.ts. */
import { createHash } from 'node:crypto';

export interface StoredFile {
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly modified: Date;
}
export type Repo = ReadonlyMap<string, StoredFile>;

interface Lies {
  readonly pageSize?: number;
  readonly listedSizes?: Readonly<Record<string, number>>;
}

/** Forty hex digits that change with any file. */
export function commitOf(repo: Repo): string {
  const hash = createHash('sha1');
  for (const [name, { sha256 }] of [...repo].sort()) hash.update(`${name} ${sha256}\n`);
  return hash.digest('hex');
}

/** Of Hugging Face's tree; `next` is where the next page begins. */
export function treePage(repo: Repo, cursor: number, { pageSize = 1000, listedSizes }: Lies) {
  const all = [
    { type: 'directory', oid: '0'.repeat(40), size: 0, path: 'assets' },
    ...[...repo].map(([path, file]) => treeEntry(path, file, listedSizes?.[path])),
  ];
  const end = cursor + pageSize;
  return { items: all.slice(cursor, end), next: end < all.length ? end : undefined };
}

/** Weights are in large file storage, whose entry carries their hash; small files have a git hash only. */
function treeEntry(path: string, { bytes, sha256 }: StoredFile, size = bytes.length) {
  const entry = { type: 'file', oid: sha256.slice(0, 40), size, path };
  const isLarge = /\.(safetensors|bin|model)$/.test(path);
  return isLarge ? { ...entry, lfs: { oid: sha256, size, pointerSize: 135 }, xetHash: sha256 } : entry;
}

/** Of ModelScope's `repo/files`. */
export function blobs(repo: Repo, { listedSizes }: Lies) {
  const folder = { Name: 'assets', Path: 'assets', Type: 'tree', Size: 0, Sha256: '', Revision: '' };
  const files = [...repo].map(([path, { bytes, sha256 }]) => ({
    Name: path.split('/').at(-1),
    Path: path,
    Type: 'blob',
    Size: listedSizes?.[path] ?? bytes.length,
    Sha256: sha256,
    Revision: commitOf(repo),
    IsLFS: /\.(safetensors|bin)$/.test(path),
  }));
  return [folder, ...files];
}
