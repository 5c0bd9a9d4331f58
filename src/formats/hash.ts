/** SHA-256 through WebCrypto, and MD5, which WebCrypto lacks and MLC's manifest names beside each shard. */

export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** [64] floor(|sin(i + 1)| * 2^32), RFC 1321 section 3.4. */
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);
const BLOCK = 64;

/** MD5 as hex: a checksum against accidents only. RFC 1321. */
export function md5Hex(bytes: Uint8Array): string {
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  const wholeBlocks = bytes.length - (bytes.length % BLOCK);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < wholeBlocks; at += BLOCK) md5Block(state, view, at);

  const rest = bytes.subarray(wholeBlocks);
  const tail = new Uint8Array(rest.length + 9 <= BLOCK ? BLOCK : 2 * BLOCK);
  tail.set(rest);
  tail[rest.length] = 0x80;
  const tailView = new DataView(tail.buffer);
  tailView.setBigUint64(tail.length - 8, BigInt(bytes.length) * 8n, true);
  for (let at = 0; at < tail.length; at += BLOCK) md5Block(state, tailView, at);
  return toHex(new Uint8Array(state.buffer));
}

const words = new Int32Array(16);

/** Four rounds of sixteen steps; each pass of a loop turns a, b, c and d once, so that shifts are constants. */
function md5Block(state: Uint32Array, view: DataView, at: number): void {
  for (let i = 0; i < 16; i++) words[i] = view.getInt32(at + i * 4, true);
  let a = state[0]! | 0;
  let b = state[1]! | 0;
  let c = state[2]! | 0;
  let d = state[3]! | 0;
  for (let i = 0; i < 16; i += 4) {
    a = step(b, (b & c) | (~b & d), a + words[i]! + SINES[i]!, 7);
    d = step(a, (a & b) | (~a & c), d + words[i + 1]! + SINES[i + 1]!, 12);
    c = step(d, (d & a) | (~d & b), c + words[i + 2]! + SINES[i + 2]!, 17);
    b = step(c, (c & d) | (~c & a), b + words[i + 3]! + SINES[i + 3]!, 22);
  }
  for (let i = 0; i < 16; i += 4) {
    a = step(b, (d & b) | (~d & c), a + words[(5 * i + 1) & 15]! + SINES[i + 16]!, 5);
    d = step(a, (c & a) | (~c & b), d + words[(5 * i + 6) & 15]! + SINES[i + 17]!, 9);
    c = step(d, (b & d) | (~b & a), c + words[(5 * i + 11) & 15]! + SINES[i + 18]!, 14);
    b = step(c, (a & c) | (~a & d), b + words[(5 * i) & 15]! + SINES[i + 19]!, 20);
  }
  for (let i = 0; i < 16; i += 4) {
    a = step(b, b ^ c ^ d, a + words[(3 * i + 5) & 15]! + SINES[i + 32]!, 4);
    d = step(a, a ^ b ^ c, d + words[(3 * i + 8) & 15]! + SINES[i + 33]!, 11);
    c = step(d, d ^ a ^ b, c + words[(3 * i + 11) & 15]! + SINES[i + 34]!, 16);
    b = step(c, c ^ d ^ a, b + words[(3 * i + 14) & 15]! + SINES[i + 35]!, 23);
  }
  for (let i = 0; i < 16; i += 4) {
    a = step(b, c ^ (b | ~d), a + words[(7 * i) & 15]! + SINES[i + 48]!, 6);
    d = step(a, b ^ (a | ~c), d + words[(7 * i + 7) & 15]! + SINES[i + 49]!, 10);
    c = step(d, a ^ (d | ~b), c + words[(7 * i + 14) & 15]! + SINES[i + 50]!, 15);
    b = step(c, d ^ (c | ~a), b + words[(7 * i + 5) & 15]! + SINES[i + 51]!, 21);
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
}

function step(next: number, mix: number, sum: number, shift: number): number {
  const total = (mix + sum) | 0;
  return (next + ((total << shift) | (total >>> (32 - shift)))) | 0;
}
