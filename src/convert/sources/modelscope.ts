/**
 * A repository on ModelScope. Its files are addressed by branch or tag, so a push during a download is
 * noticed by lengths and dates rather than ruled out; the listing's hashes are the identity. No token is
 * sent: a private model there is opened by a cookie, which a page of another origin cannot send.
 * Shape of the listing: modelscope/hub/api.py `get_model_files`.
 */
import * as v from 'valibot';
import { AppError } from '../../core/errors';
import type { CheckpointFiles } from '../../formats/package-files';
import type { HttpClient } from './http-client';
import { httpFiles, identityOf } from './http-files';
import { RemoteFile } from './remote-file';
import { SmallReads } from './small-reads';

export const MODELSCOPE = 'https://modelscope.cn';

const FileSchema = v.object({
  Path: v.string(),
  Type: v.string(),
  Size: v.nullish(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  Sha256: v.nullish(v.string()),
  /** Commit that last changed the file. */
  Revision: v.nullish(v.string()),
});
const ListingSchema = v.object({ Data: v.object({ Files: v.array(FileSchema) }) });

/**
 * Throws AppError `source-refused`, `source-limited`, `file-missing` {file: repository}, `download-failed`,
 * `format-invalid`, `aborted`.
 */
export async function modelScope(
  client: HttpClient,
  repo: string,
  revision: string,
  base: string = MODELSCOPE,
): Promise<CheckpointFiles> {
  const label = `${repo}@${revision}`;
  const url = `${base}/api/v1/models/${repo}/repo/files?Revision=${encodeURIComponent(revision)}&Recursive=true`;
  const parsed = v.safeParse(ListingSchema, (await client.json(url, label)).value);
  if (!parsed.success) throw new AppError('format-invalid', { file: label, reason: 'not a listing' });
  // As on Hugging Face, subfolders are no part of a checkpoint.
  const listing = parsed.output.Data.Files.filter(({ Type, Path }) => Type !== 'tree' && !Path.includes('/'));
  const smallReads = new SmallReads();
  const files = listing.map(({ Path, Size }) => {
    return new RemoteFile(
      client,
      smallReads,
      Path,
      modelScopeUrl(repo, revision, Path, base),
      Size ?? undefined,
    );
  });
  const hashes = listing
    .map((file) => [file.Path, file.Size ?? 0, file.Sha256 || file.Revision || ''])
    .sort();
  const identity = await identityOf(['modelscope', repo, hashes]);
  return httpFiles({ origin: `modelscope:${repo}`, revision, identity }, files);
}

/** Where a file is downloaded. */
export function modelScopeUrl(repo: string, revision: string, path: string, base = MODELSCOPE): string {
  return `${base}/models/${repo}/resolve/${encodeURIComponent(revision)}/${encodeURIComponent(path)}`;
}
