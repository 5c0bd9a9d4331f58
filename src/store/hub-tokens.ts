/**
 * Access tokens of model hubs, by host. A record of their own, so that whatever shows, copies or exports the
 * settings cannot carry them along; they leave this browser only as a header for the host they belong to.
 */
import { get, promisifyRequest } from 'idb-keyval';
import * as v from 'valibot';
import { guarded, inTransaction, settingsDatabase } from './database';

const KEY = 'hub-tokens';
const TOKENS = v.record(v.string(), v.string());

/** By host, such as `huggingface.co`. */
export type HubTokens = Readonly<Record<string, string>>;

export async function readHubTokens(): Promise<HubTokens> {
  return parse(await guarded(() => get<unknown>(KEY, settingsDatabase())));
}

export async function readHubToken(host: string): Promise<string | undefined> {
  return (await readHubTokens())[host];
}

/** Hosts that a token is kept for: all that the interface needs to show. */
export async function listTokenHosts(): Promise<readonly string[]> {
  return Object.keys(await readHubTokens()).sort();
}

/** An empty token removes the host's. */
export async function writeHubToken(host: string, token: string): Promise<void> {
  await inTransaction(settingsDatabase(), async (store) => {
    const { [host]: _, ...others } = parse(await promisifyRequest<unknown>(store.get(KEY)));
    const plain = token.trim();
    store.put(plain ? { ...others, [host]: plain } : others, KEY);
  });
}

export async function deleteHubToken(host: string): Promise<void> {
  await writeHubToken(host, '');
}

function parse(stored: unknown): HubTokens {
  const parsed = v.safeParse(TOKENS, stored ?? {});
  return parsed.success ? parsed.output : {};
}
