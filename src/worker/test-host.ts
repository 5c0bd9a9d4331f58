/**
 * Whether this page can read from a hub, and how soon it answers: the first byte of a file, asked for without
 * cookies, referrer or token. A server that answers but forbids other pages to read looks to `fetch` like one
 * that is down; asked again without wanting to read, it shows which it is.
 */
import type { HostReport } from './convert-messages';

const WAIT_MS = 15_000;

/** @param address of any public file there. */
export async function testHost(
  address: string,
  signal?: AbortSignal,
  fetcher: typeof fetch = fetch,
): Promise<HostReport> {
  const ask = (options: RequestInit) =>
    fetcher(address, {
      ...options,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
      signal: AbortSignal.any([AbortSignal.timeout(WAIT_MS), ...(signal ? [signal] : [])]),
    });
  const started = performance.now();
  const elapsedMs = () => Math.round(performance.now() - started);
  try {
    const response = await ask({ headers: { range: 'bytes=0-0' } });
    void response.body?.cancel().catch(() => {});
    if (response.ok) return { verdict: 'reachable', elapsedMs: elapsedMs() };
    return { verdict: 'refused', status: response.status, elapsedMs: elapsedMs() };
  } catch {
    // No answer, or none that this page may see.
  }
  try {
    const response = await ask({ mode: 'no-cors' });
    void response.body?.cancel().catch(() => {});
    return { verdict: 'forbidden', elapsedMs: elapsedMs() };
  } catch {
    return { verdict: 'unreachable' };
  }
}
