/**
 * How much an error of each input of a matrix matters: the mean square of that input over a calibration text
 * (the expected squared error of an output is the sum of squared weight errors times these). Given to the `search`
 * rounding. Collected by `aerie importance` over the CPU reference; src/cli/importance-file.ts reads it back.
 */
import type { Architecture } from '../models/architecture';
import { logicalTensors } from '../models/tensor-plan';

/** [in] u8, 1 to 127, by the name of the stored matrix (`model.layers.0.mlp.down_proj`). */
export type ImportanceTable = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** Values of u8 for the geometric mean: as far from 1 as from 127. */
const MIDDLE = Math.sqrt(127);
const MOST = 127;

/** Adds up squares of inputs by matrix. */
export class ImportanceCounter {
  private readonly sums = new Map<string, Float64Array>(); // [in]

  constructor(private readonly architecture: Architecture) {}

  /** `x` [tokens, in] of the matrix; an InputObserver of src/kernels/cpu/forward.ts. */
  readonly add = (name: string, x: Float64Array): void => {
    let sums = this.sums.get(name);
    if (!sums) {
      const width = logicalTensors(this.architecture).find((tensor) => tensor.name === name)?.shape[1];
      if (width === undefined) return; // the head of a tied model: its matrix is the embedding, which is also read by rows
      sums = new Float64Array(width);
      this.sums.set(name, sums);
    }
    for (let i = 0; i < x.length; i++) sums[i % sums.length]! += x[i]! ** 2;
  };

  table(): ImportanceTable {
    return new Map([...this.sums].map(([name, sums]) => [name, toImportance(sums)]));
  }
}

/** Squares [in] as 1 to 127 with their geometric mean in the middle. An input that is always 0 gets 1. */
export function toImportance(squares: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const logs = Array.from(squares, Math.log).filter(Number.isFinite);
  const middle = Math.exp(logs.reduce((sum, log) => sum + log, 0) / Math.max(1, logs.length));
  return Uint8Array.from(squares, (square) =>
    Math.min(MOST, Math.max(1, Math.round((MIDDLE * square) / middle))),
  );
}

/** A safetensors file of the rows, for `convert --importance`. */
export function importanceFile(table: ImportanceTable, tokens: number): Uint8Array<ArrayBuffer> {
  let offset = 0;
  const entries = [...table].map(([name, row]) => {
    const start = offset;
    offset += row.length;
    return [name, { dtype: 'U8', shape: [row.length], data_offsets: [start, offset] }] as const;
  });
  const header = JSON.stringify({
    __metadata__: { tokens: String(tokens) },
    ...Object.fromEntries(entries),
  });
  const text = new TextEncoder().encode(header.padEnd(Math.ceil(header.length / 8) * 8));
  const file = new Uint8Array(8 + text.length + offset);
  new DataView(file.buffer).setUint32(0, text.length, true);
  file.set(text, 8);
  let at = 8 + text.length;
  for (const row of table.values()) {
    file.set(row, at);
    at += row.length;
  }
  return file;
}
