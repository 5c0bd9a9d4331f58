import { AppError } from '../../core/errors';

export interface HubSpec {
  readonly kind: 'hugging-face' | 'modelscope';
  /** `ORG/NAME` */
  readonly repo: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

/** Where a checkpoint lies, as plain data. */
export type SourceSpec = HubSpec | { readonly kind: 'url'; readonly url: string };

/** The branch that each hub gives a new repository. */
const DEFAULT_REVISION = { 'hugging-face': 'main', modelscope: 'master' } as const;

type Hub = HubSpec['kind'];

const PREFIXES: Readonly<Record<string, Hub>> = { hf: 'hugging-face', modelscope: 'modelscope' };
/** Addresses of repositories as people copy them: repository, and revision where the address names one. */
const HUB_PAGES: readonly { readonly hub: Hub; readonly page: RegExp }[] = [
  {
    hub: 'hugging-face',
    page: /^https:\/\/(?:www\.)?(?:huggingface\.co|hf\.co)\/([^/]+\/[^/]+)\/(?:(?:tree|commit|resolve|blob)\/([^/]+)\/)?$/,
  },
  {
    hub: 'modelscope',
    page: /^https:\/\/(?:www\.)?modelscope\.cn\/models\/([^/]+\/[^/]+)\/(?:(?:summary|files)\/|resolve\/([^/]+)\/)?$/,
  },
];
const PART = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/;
const REVISION = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,254}$/;

/**
 * Reads `hf:ORG/NAME[@REVISION]`, `modelscope:ORG/NAME[@REVISION]`, the page of a repository on either hub,
 * and any https address (http on this machine only). Undefined for everything else, which is a folder.
 * Throws AppError `model-unknown` {model, reason} for a name that no hub can hold, `download-failed`
 * {url, reason: 'address'} for an address that is not allowed.
 */
export function parseSourceSpec(text: string): SourceSpec | undefined {
  const [, prefix, rest] = /^([a-z]+):(?!\/\/)(.*)$/s.exec(text) ?? [];
  const hub = prefix === undefined ? undefined : PREFIXES[prefix];
  if (hub && rest !== undefined) {
    const at = rest.indexOf('@');
    return at < 0 ? hubSpec(hub, rest) : hubSpec(hub, rest.slice(0, at), rest.slice(at + 1));
  }
  if (!/^[a-z]{2,}:\/\//i.test(text)) return undefined;
  const url = checkedUrl(text);
  for (const { hub, page } of HUB_PAGES) {
    const [, repo, revision] = page.exec(url.href) ?? [];
    if (repo) return hubSpec(hub, repo, revision?.replace(/%2f/gi, '/'));
  }
  return { kind: 'url', url: url.href };
}

/** Throws AppError `model-unknown` {model, reason}. */
export function hubSpec(hub: Hub, repo: string, revision: string = DEFAULT_REVISION[hub]): HubSpec {
  const fail = (reason: string): never => {
    throw new AppError('model-unknown', { model: `${repo}@${revision}`.slice(0, 300), reason });
  };
  const parts = repo.split('/');
  const isName = (part: string) => PART.test(part) && !part.includes('..');
  if (parts.length !== 2 || !parts.every(isName)) fail('not of the form ORG/NAME');
  if (!REVISION.test(revision) || /\.\.|\/\/|\/$/.test(revision)) fail('not a branch, tag or commit');
  return { kind: hub, repo, revision };
}

/**
 * The address of a folder, with a slash at its end; without query, and without the name of a file in it.
 * Throws AppError `download-failed` {url, reason: 'address'}.
 */
export function checkedUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw new AppError('download-failed', { url: text.slice(0, 300), reason: 'address' }, error);
  }
  const isHere = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  const isAllowed = url.protocol === 'https:' || (url.protocol === 'http:' && isHere);
  // A password in an address would end up in the package's record of its source.
  if (!isAllowed || url.username || url.password) {
    throw new AppError('download-failed', { host: url.host, reason: 'address' });
  }
  url.search = '';
  url.hash = '';
  url.pathname = url.pathname.replace(/[^/]+\.(json|safetensors|bin)$/, '');
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}
