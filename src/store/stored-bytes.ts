/** Whether the browser gives back what was stored, compared a piece at a time: a shard may be hundreds of MiB. */
const PIECE_BYTES = 8 << 20;

export async function matchesStored(
  stored: Blob | undefined,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  if (stored?.size !== bytes.length) return false;
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    const piece = new Uint8Array(await stored.slice(start, start + PIECE_BYTES).arrayBuffer());
    if (!isSame(piece, bytes.subarray(start, start + PIECE_BYTES))) return false;
  }
  return true;
}

function isSame(a: Uint8Array<ArrayBuffer>, b: Uint8Array<ArrayBuffer>): boolean {
  if (a.length !== b.length) return false;
  // Four bytes at a time where the views allow it.
  const wide = (a.byteOffset | b.byteOffset) % 4 === 0 ? a.length >> 2 : 0;
  const x = new Int32Array(a.buffer, wide ? a.byteOffset : 0, wide);
  const y = new Int32Array(b.buffer, wide ? b.byteOffset : 0, wide);
  for (let i = 0; i < wide; i++) if (x[i] !== y[i]) return false;
  for (let i = wide * 4; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
