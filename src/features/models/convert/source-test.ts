/** Trying out a source before anything is downloaded: its list of files, or why it cannot be read. */
import { useEffect, useRef, useState } from 'react';
import { AppError } from '../../../core/errors';
import type { RemoteSource } from '../../../store/convert-order';
import { checkSource } from '../../../worker/convert-client';
import type { HostReport, SourceReport } from '../../../worker/convert-messages';
import { testHost } from '../../../worker/test-host';
import { tokenHostOf } from './token-hosts';

export type SourceTest =
  | { readonly kind: 'testing' }
  | { readonly kind: 'works'; readonly report: SourceReport }
  /** `verdict` where the network is to blame. */
  | { readonly kind: 'fails'; readonly error: AppError; readonly verdict?: HostReport['verdict'] };

/** Tests `source` when asked to; another source has no result yet. */
export function useSourceTest(source: RemoteSource | undefined) {
  const key = JSON.stringify(source);
  const [result, setResult] = useState<{ readonly key: string; readonly test: SourceTest }>();
  const stopper = useRef<AbortController>(undefined);
  useEffect(() => () => stopper.current?.abort(), []);

  const run = async () => {
    if (!source) return;
    stopper.current?.abort();
    stopper.current = new AbortController();
    const { signal } = stopper.current;
    setResult({ key, test: { kind: 'testing' } });
    const test = await testSource(source, signal);
    if (!signal.aborted) setResult({ key, test });
  };
  return { test: result?.key === key ? result.test : undefined, run };
}

async function testSource(source: RemoteSource, signal: AbortSignal): Promise<SourceTest> {
  try {
    return { kind: 'works', report: await checkSource(source, signal) };
  } catch (caught) {
    const error = AppError.from(caught);
    if (error.code !== 'download-failed' || signal.aborted) return { kind: 'fails', error };
    const { verdict } = await testHost(probeAddress(source), signal);
    return { kind: 'fails', error, verdict };
  }
}

/** A small file that every checkpoint has. */
function probeAddress(source: RemoteSource): string {
  if (source.kind === 'url') return new URL('config.json', source.url).href;
  const folder = source.kind === 'modelscope' ? 'models/' : '';
  return `https://${tokenHostOf(source)}/${folder}${source.repo}/resolve/${source.revision}/config.json`;
}
