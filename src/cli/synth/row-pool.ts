/**
 * Random matrices of any size without a generator's cost per value: a pool of groups of 32 gaussian values is
 * made once, and row r of a matrix is a stretch of the pool that starts at (start + r * step) mod groups, start
 * and step from the matrix's name. The number of groups is prime, so that no two rows of a matrix start alike.
 * Codes and scales of the quantised pool are pools themselves: the rows of a package are then what plain
 * rounding makes of the checkpoint's rows.
 */

/** Values of a group, which share one scale when quantised. */
export const GROUP = 32;
/** The largest prime below 2^18: more than any vocabulary has rows. */
export const POOL_GROUPS = 262_139;

export class RowPool {
  /** @param bytes [POOL_GROUPS, groupBytes], any type. */
  constructor(
    private readonly bytes: Uint8Array<ArrayBuffer>,
    private readonly groupBytes: number,
  ) {}

  /**
   * Writes rows [rowStart, rowEnd) of the matrix `name`.
   *
   * @param groups groups in a row
   * @param target [rowEnd - rowStart, groups, groupBytes], written
   */
  fill(target: Uint8Array, name: string, groups: number, rowStart: number, rowEnd: number): void {
    const { bytes, groupBytes } = this;
    const start = hash(name, 0) % POOL_GROUPS;
    const step = 1 + (hash(name, 1) % (POOL_GROUPS - 1));
    const rowBytes = groups * groupBytes;
    for (let row = rowStart; row < rowEnd; row++) {
      let from = ((start + row * step) % POOL_GROUPS) * groupBytes;
      let at = (row - rowStart) * rowBytes;
      const end = at + rowBytes;
      while (at < end) {
        const length = Math.min(end - at, bytes.length - from);
        target.set(bytes.subarray(from, from + length), at);
        at += length;
        from = 0;
      }
    }
  }
}

/** Steps of the table that normal values are read from. */
const STEPS = 65_536;

/**
 * [count] f32 of a normal distribution, one random number each: its upper half chooses a step of a sorted table
 * of normal values, its lower half the place within the step.
 */
export function gaussians(
  seed: number,
  count: number,
  mean: number,
  deviation: number,
): Float32Array<ArrayBuffer> {
  const next = generator(seed);
  const table = normalTable();
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const bits = next();
    const low = table[bits >>> 16]!;
    const high = table[(bits >>> 16) + 1]!;
    values[i] = mean + deviation * (low + ((high - low) * (bits & 0xffff)) / STEPS);
  }
  return values;
}

/** [STEPS + 1] f32, sorted: a sample of the normal distribution, by Box and Muller 1958. */
function normalTable(): Float32Array<ArrayBuffer> {
  const next = generator(1);
  const unit = () => next() / 2 ** 32 + 2 ** -33;
  const table = new Float32Array(STEPS + 1);
  for (let i = 0; i < table.length; i++) {
    table[i] = Math.sqrt(-2 * Math.log(unit())) * Math.cos(2 * Math.PI * unit());
  }
  return table.sort();
}

/** Numbers of 32 bits. Marsaglia 2003, xorshift. */
function generator(seed: number): () => number {
  let state = hash(String(seed), 2) || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** FNV-1a of a text, 32 bits. */
export function hash(text: string, salt: number): number {
  let state = 0x811c9dc5 ^ salt;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return (state ^ (state >>> 15)) >>> 0;
}
