/**
 * A repository on Hugging Face. A branch or tag is resolved to its commit first, and everything after names
 * the commit: what is pushed meanwhile changes nothing. Shapes of the answers: huggingface.js,
 * packages/hub/src/lib/list-files.ts and model-info.ts; pages of the tree are chained by `Link: <…>; rel="next"`.
 */
import * as v from 'valibot';
import { AppError } from '../../core/errors';
import type { CheckpointFiles } from '../../formats/package-files';
import type { HttpClient } from './http-client';
import { httpFiles, identityOf } from './http-files';
import { RemoteFile } from './remote-file';
import { SmallReads } from './small-reads';

export const HUGGING_FACE = 'https://huggingface.co';

const COMMIT = /^[0-9a-f]{40}$/;
const MAX_PAGES = 100;

const Size = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const RevisionSchema = v.object({ sha: v.pipe(v.string(), v.regex(COMMIT)) });
const TreeSchema = v.array(
  v.object({
    type: v.string(),
    path: v.string(),
    size: v.optional(Size),
    oid: v.optional(v.string()),
    lfs: v.optional(v.object({ oid: v.string(), size: Size })),
  }),
);
type TreeEntry = v.InferOutput<typeof TreeSchema>[number];

/**
 * Throws AppError `source-refused`, `source-limited`, `file-missing` {file: repository}, `download-failed`,
 * `format-invalid`, `aborted`.
 */
export async function huggingFace(
  client: HttpClient,
  repo: string,
  revision: string,
  base: string = HUGGING_FACE,
): Promise<CheckpointFiles> {
  const commit = COMMIT.test(revision) ? revision : await resolveRevision(client, repo, revision, base);
  const listing = await listTree(client, repo, commit, base);
  const smallReads = new SmallReads();
  const files = listing.map(({ path, sizeBytes }) => {
    return new RemoteFile(client, smallReads, path, huggingFaceUrl(repo, commit, path, base), sizeBytes);
  });
  const hashes = listing.map(({ path, sizeBytes, hash }) => [path, sizeBytes ?? 0, hash]).sort();
  const identity = await identityOf(['hugging-face', repo, commit, hashes]);
  return httpFiles({ origin: `hf:${repo}`, revision: commit, identity }, files);
}

/** Where a file is downloaded; also the form of mirrors. */
export function huggingFaceUrl(repo: string, revision: string, path: string, base = HUGGING_FACE): string {
  return `${base}/${repo}/resolve/${encodeURIComponent(revision)}/${encodeURIComponent(path)}`;
}

async function resolveRevision(client: HttpClient, repo: string, revision: string, base: string) {
  const label = `${repo}@${revision}`;
  const url = `${base}/api/models/${repo}/revision/${encodeURIComponent(revision)}`;
  const parsed = v.safeParse(RevisionSchema, (await client.json(url, label)).value);
  if (!parsed.success)
    throw new AppError('format-invalid', { file: label, reason: 'no commit in the answer' });
  return parsed.output.sha;
}

interface ListedFile {
  readonly path: string;
  readonly sizeBytes: number | undefined;
  /** SHA-256 of a large file, git's hash of a small one. */
  readonly hash: string;
}

async function listTree(client: HttpClient, repo: string, commit: string, base: string) {
  const label = `${repo}@${commit}`;
  const files: ListedFile[] = [];
  let url: string | undefined = `${base}/api/models/${repo}/tree/${commit}?recursive=true`;
  for (let page = 0; url !== undefined; page++) {
    if (page === MAX_PAGES) throw new AppError('format-invalid', { file: label, reason: 'endless listing' });
    const { value, headers } = await client.json(url, label);
    const parsed = v.safeParse(TreeSchema, value);
    if (!parsed.success) throw new AppError('format-invalid', { file: label, reason: 'not a listing' });
    files.push(...parsed.output.filter(isOwnFile).map(listed));
    url = nextPage(headers, url);
  }
  return files;
}

/** Files in subfolders belong to other things: demos, pictures, other formats of the same weights. */
const isOwnFile = ({ type, path }: TreeEntry) => type === 'file' && path !== '' && !path.includes('/');

const listed = ({ path, size, oid, lfs }: TreeEntry): ListedFile => ({
  path,
  sizeBytes: lfs?.size ?? size,
  hash: lfs?.oid ?? oid ?? '',
});

/** Only on the same host: the token goes there. */
function nextPage(headers: Headers, url: string): string | undefined {
  const [, next] = /<([^>]+)>\s*;\s*rel="?next"?/.exec(headers.get('link') ?? '') ?? [];
  if (next === undefined) return undefined;
  const resolved = new URL(next, url);
  return resolved.host === new URL(url).host ? resolved.href : undefined;
}
