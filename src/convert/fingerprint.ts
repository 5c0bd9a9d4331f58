import { sha256Hex } from '../formats/hash';

/** SHA-256 over the parts as JSON, in the order in which they are given. */
export async function fingerprintOf(parts: Readonly<Record<string, unknown>>): Promise<string> {
  return sha256Hex(new TextEncoder().encode(JSON.stringify(parts)));
}

/** Hash over named byte strings, whatever their order; undefined for none. */
export async function hashOfFiles(
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>> | undefined,
): Promise<string | undefined> {
  if (files === undefined) return undefined;
  const hashes = await Promise.all(
    [...files].map(async ([name, bytes]) => [name, await sha256Hex(bytes)] as const),
  );
  return fingerprintOf({ files: hashes.sort(([a], [b]) => (a < b ? -1 : 1)) });
}
