/** Opens what an order names, with the access tokens of this browser, and says what there is to download. */
import { givenFiles } from '../convert/sources/given-files';
import { openSource } from '../convert/sources/open-source';
import type { CheckpointFiles } from '../formats/package-files';
import type { SourceOrder } from '../store/convert-order';
import { readHubTokens } from '../store/hub-tokens';
import type { SourceReport } from './convert-messages';

/** @throws AppError as `openSource` and `givenFiles`. */
export async function openOrdered(source: SourceOrder, signal: AbortSignal): Promise<CheckpointFiles> {
  if (source.kind === 'files') {
    // What the user calls the folder does not depend on how the files were handed over.
    return { ...(await givenFiles(source.files)), origin: source.label };
  }
  const tokens = await readHubTokens();
  return openSource(source, { signal, token: (host) => tokens[host] });
}

/** @throws AppError as `openOrdered`. */
export async function reportSource(source: SourceOrder, signal: AbortSignal): Promise<SourceReport> {
  const opened = await openOrdered(source, signal);
  const files = neededFiles(await opened.list());
  const sizeBytes = files.reduce((sum, file) => sum + (file.sizeBytes ?? 0), 0);
  return { origin: opened.origin, revision: opened.revision, files, sizeBytes };
}

type ListedFile = SourceReport['files'][number];

const WEIGHTS = /\.(safetensors|bin|pt|pth)$/;
const INDEX = /\.index\.json$/;
/** In the order in which they are looked for: see formats/checkpoint.ts. */
const PREFERRED = [/\.safetensors$/, /^pytorch_model.*\.bin$/, WEIGHTS];
const TEXTS = /\.(json|model|txt)$|licen[cs]e|agreement|notice/i;

/** A repository may hold the same weights in two formats, demos and pictures; a conversion reads one. */
export function neededFiles(listed: readonly ListedFile[]): readonly ListedFile[] {
  const weights = listed.filter(({ name }) => WEIGHTS.test(name));
  const format = PREFERRED.find((pattern) => weights.some(({ name }) => pattern.test(name)));
  const isOfFormat = (name: string) =>
    format?.test(INDEX.test(name) ? name.replace(INDEX, '') : name) ?? false;
  return listed.filter(({ name }) =>
    WEIGHTS.test(name) || INDEX.test(name) ? isOfFormat(name) : TEXTS.test(name),
  );
}
