/**
 * "Download these files yourself, then drop them here": for networks that block the hubs for pages but not for
 * a download tool. Pure, so that it works from a listing as well as from the sizes a catalogue knows.
 */
import { TOKENIZER_FILES } from '../../tokenizer/create-tokenizer';
import { huggingFaceUrl } from './hugging-face';
import { modelScopeUrl } from './modelscope';
import type { HubSpec } from './source-spec';
import { adapterWeights, checkpointWeights, indexOf } from './weight-files';

export interface ListedFile {
  readonly name: string;
  readonly sizeBytes: number | undefined;
}

export interface DownloadItem extends ListedFile {
  readonly url: string;
  /** The same file on hf-mirror.com. A link only: it answers no page of another origin. */
  readonly mirrorUrl: string | undefined;
  /** Not seen in a listing: the file may be absent, and then is not needed. */
  readonly isGuess: boolean;
}

const MIRROR = 'https://hf-mirror.com';
const CONFIG_FILES = ['config.json', 'params.json', 'adapter_config.json', 'generation_config.json'];
const LEGAL_NAME = /licen[cs]e|agreement|notice/i;
/** Those of the listed files that a conversion reads, the small ones first. */
export function neededFiles<T extends ListedFile>(listed: readonly T[]): T[] {
  const isSmall = (name: string) =>
    CONFIG_FILES.includes(name) || TOKENIZER_FILES.some((file) => file === name) || LEGAL_NAME.test(name);
  const names = listed.map(({ name }) => name);
  const weights = checkpointWeights(names);
  const wanted = [
    ...names.filter((name) => !name.includes('/') && isSmall(name)),
    ...(weights.length > 0 ? weights : adapterWeights(names)),
  ];
  return wanted.map((wantedName) => listed.find(({ name }) => name === wantedName)!);
}

/**
 * The files of a hub's repository that a conversion reads, with their links. Where `listed` knows only the
 * weights, the usual names of the small files are added as guesses.
 */
export function downloadList(spec: HubSpec, listed: readonly ListedFile[]): DownloadItem[] {
  const needed = neededFiles(listed);
  const isWhole = listed.some(({ name }) => CONFIG_FILES.includes(name));
  const guesses = isWhole ? [] : guessedNames(needed).filter((name) => needed.every((f) => f.name !== name));
  return [
    ...guesses.map((name) => ({ name, sizeBytes: undefined, isGuess: true })),
    ...needed.map(({ name, sizeBytes }) => ({ name, sizeBytes, isGuess: false })),
  ].map((file) => ({ ...file, ...links(spec, file.name) }));
}

function guessedNames(weights: readonly ListedFile[]): string[] {
  const index = indexOf(weights.map(({ name }) => name));
  return ['config.json', ...TOKENIZER_FILES, ...(index ? [index] : [])];
}

function links({ kind, repo, revision }: HubSpec, name: string): Pick<DownloadItem, 'url' | 'mirrorUrl'> {
  if (kind === 'modelscope') return { url: modelScopeUrl(repo, revision, name), mirrorUrl: undefined };
  const mirrorUrl = huggingFaceUrl(repo, revision, name, MIRROR);
  return { url: huggingFaceUrl(repo, revision, name), mirrorUrl };
}
