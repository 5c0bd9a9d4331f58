import { expect, test } from 'vitest';
import { testHost } from './test-host';

const ADDRESS = 'https://hub.test/a/b/resolve/main/config.json';

function hub(answer: (mode: string | undefined) => Response) {
  const asked: RequestInit[] = [];
  const fetcher = async (_input: RequestInfo | URL, init?: RequestInit) => {
    asked.push(init!);
    return answer(init?.mode);
  };
  return { asked, fetcher: fetcher as typeof fetch };
}

test('a hub that can be read from, asked for one byte without telling who asks', async () => {
  const { asked, fetcher } = hub(() => new Response('{', { status: 206 }));
  const report = await testHost(ADDRESS, undefined, fetcher);
  expect(report).toMatchObject({ verdict: 'reachable', elapsedMs: expect.any(Number) });
  expect(asked).toMatchObject([
    { headers: { range: 'bytes=0-0' }, credentials: 'omit', referrerPolicy: 'no-referrer' },
  ]);
});

test('one that refuses', async () => {
  const { fetcher } = hub(() => new Response('', { status: 403 }));
  expect(await testHost(ADDRESS, undefined, fetcher)).toMatchObject({ verdict: 'refused', status: 403 });
});

test('one that answers, but not to pages of others', async () => {
  const { fetcher } = hub((mode) => {
    if (mode !== 'no-cors') throw new TypeError('Failed to fetch');
    return new Response('');
  });
  expect(await testHost(ADDRESS, undefined, fetcher)).toMatchObject({ verdict: 'forbidden' });
});

test('one that is not to be reached', async () => {
  const { fetcher } = hub(() => {
    throw new TypeError('Failed to fetch');
  });
  expect(await testHost(ADDRESS, undefined, fetcher)).toEqual({ verdict: 'unreachable' });
});
