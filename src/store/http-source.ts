/** A package behind an address, one request per file. Retrying is the reader's business (read-file.ts). */
import { AppError } from '../core/errors';
import type { PackageSource } from './package-source';

/** @param base absolute address of the folder. @throws AppError `download-failed` for anything but http(s). */
export function httpSource(base: string, fetcher: typeof fetch = fetch): PackageSource {
  const root = parseBase(base);
  const label = decodeURIComponent(root.pathname.split('/').filter(Boolean).at(-1) ?? root.host);
  return {
    address: root.href,
    label,
    isResumable: true,
    listing: undefined,
    async open(name, signal, fresh) {
      const url = new URL(name.split('/').map(encodeURIComponent).join('/'), root).href;
      const details = { file: name, url, host: root.host };
      const response = await fetcher(url, {
        signal,
        credentials: 'same-origin',
        cache: fresh ? 'reload' : 'default',
      }).catch((error: unknown) => {
        if (signal.aborted) throw new AppError('aborted', {}, error);
        throw new AppError('download-failed', { ...details, reason: 'network' }, error);
      });
      // Servers of single-page apps answer a missing file with their start page.
      const isPage = (response.headers.get('content-type') ?? '').startsWith('text/html');
      if (response.status === 404 || response.status === 410 || (response.ok && isPage)) {
        await response.body?.cancel();
        throw new AppError('file-missing', details);
      }
      if (!response.ok || !response.body) {
        await response.body?.cancel();
        throw new AppError('download-failed', { ...details, status: response.status });
      }
      return { sizeBytes: lengthOf(response), stream: response.body };
    },
  };
}

function parseBase(base: string): URL {
  let url: URL | undefined;
  try {
    url = new URL(base);
  } catch {
    // Falls through to the same error as a wrong scheme.
  }
  if (!url || !/^https?:$/.test(url.protocol))
    throw new AppError('download-failed', { url: base, reason: 'address' });
  url.search = '';
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** A compressed body is longer than its header says. */
function lengthOf({ headers }: Response): number | undefined {
  const length = Number(headers.get('content-length') ?? Number.NaN);
  return headers.get('content-encoding') || !Number.isSafeInteger(length) ? undefined : length;
}
