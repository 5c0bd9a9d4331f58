/**
 * fetch as a page of another origin has it (Fetch standard, CORS): only the response headers that are
 * safelisted or exposed, nothing at all without permission, and no request that would cause a preflight.
 */
const ALWAYS_VISIBLE = [
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'last-modified',
  'pragma',
];

export const pageFetch: typeof fetch = async (input, init) => {
  for (const [name, value] of new Headers(init?.headers)) {
    const isSafe = name === 'range' && /^bytes=\d+-\d*$/.test(value);
    if (!isSafe) throw new TypeError(`${name}: ${value} would cause a preflight`);
  }
  const response = await fetch(input, init);
  if (!response.headers.has('access-control-allow-origin')) {
    await response.body?.cancel();
    throw new TypeError('Failed to fetch');
  }
  const exposed = (response.headers.get('access-control-expose-headers') ?? '').toLowerCase().split(',');
  const visible = [...response.headers].filter(([name]) => {
    return ALWAYS_VISIBLE.includes(name) || exposed.includes(name) || exposed.includes('*');
  });
  const { status, url } = response;
  const filtered = new Response(response.body, { status, headers: visible });
  return Object.defineProperty(filtered, 'url', { value: url });
};
