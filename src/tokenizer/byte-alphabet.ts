/**
 * The printable stand-ins that GPT-2's byte-level BPE writes for the 256 bytes (space is `Ġ`, newline `Ċ`).
 * Source: openai/gpt-2, src/encoder.py, bytes_to_unicode.
 */
function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

/** Character of each byte, [256]. */
export const BYTE_CHARS: readonly string[] = (() => {
  let standIn = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : standIn++));
})();

const BYTE_OF_CHAR: ReadonlyMap<string, number> = new Map(BYTE_CHARS.map((char, byte) => [char, byte]));
const utf8 = new TextEncoder();

/** Bytes that a vocabulary entry stands for; a character outside the alphabet stands for itself in UTF-8. */
export function bytesOfEntry(entry: string): Uint8Array {
  const bytes: number[] = [];
  for (const char of entry) {
    const byte = BYTE_OF_CHAR.get(char);
    if (byte === undefined) bytes.push(...utf8.encode(char));
    else bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}
