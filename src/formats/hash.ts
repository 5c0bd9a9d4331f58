/** SHA-256 through WebCrypto, and MD5, which WebCrypto lacks and MLC's manifest names beside each shard. */
import { md5Blocks } from './md5-blocks';

export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

const BLOCK = 64;
/** Bytes hashed between two looks at what else there is to do: about 10 ms. */
const STEP_BYTES = 4 << 20;

/** MD5 as hex: a checksum against accidents only. RFC 1321. */
export function md5Hex(bytes: Uint8Array<ArrayBuffer>): string {
  const md5 = new Md5();
  md5.add(bytes);
  return md5.hex();
}

/** The same, for long files on a thread that has other things to do as well. */
export async function md5HexInSteps(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const md5 = new Md5();
  for (let at = 0; at < bytes.length; at += STEP_BYTES) {
    md5.add(bytes.subarray(at, at + STEP_BYTES));
    await new Promise((resolve) => setTimeout(resolve));
  }
  return md5.hex();
}

class Md5 {
  readonly #state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476); // [4]
  #sizeBytes = 0;
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /** Whole blocks, except in the last call. */
  add(bytes: Uint8Array<ArrayBuffer>): void {
    const count = Math.floor(bytes.length / BLOCK);
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    // Little-endian words, as every machine with WebGPU has them.
    const words = new Int32Array(aligned.buffer, aligned.byteOffset, (count * BLOCK) / 4);
    md5Blocks(this.#state, words, count);
    this.#sizeBytes += bytes.length;
    this.#rest = bytes.subarray(count * BLOCK);
  }

  hex(): string {
    const tail = new Uint8Array(this.#rest.length + 9 <= BLOCK ? BLOCK : 2 * BLOCK);
    tail.set(this.#rest);
    tail[this.#rest.length] = 0x80;
    new DataView(tail.buffer).setBigUint64(tail.length - 8, BigInt(this.#sizeBytes) * 8n, true);
    md5Blocks(this.#state, new Int32Array(tail.buffer), tail.length / BLOCK);
    return toHex(new Uint8Array(this.#state.buffer));
  }
}
