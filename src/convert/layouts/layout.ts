import type { Architecture } from '../../models/architecture';

/** Where the rows of one of Hugging Face's modules lie in a publisher's checkpoint. */
export interface RowView {
  /** The publisher's module, without prefix and `.weight`. */
  readonly from: string;
  readonly rowStart: number;
  readonly rows: number;
  /**
   * Each head's rows hold the pairs that rotate together side by side (2p, 2p + 1). Hugging Face's code rotates
   * halves, so they must become (p, p + headDim / 2).
   */
  readonly interleaved: boolean;
}

/** A naming of the parts of a LLaMA-like decoder. */
export interface Layout {
  readonly id: 'hf' | 'flagai' | 'flash';
  /** Matches a module of this naming that lies in a layer; the first group is what stands before the name. */
  readonly probe: RegExp;
  /** By Hugging Face's module name without `.weight`: every part of the model, the head included. */
  views(architecture: Architecture): Map<string, RowView>;
}

/** A module taken as it is. */
export function whole(from: string, rows: number): RowView {
  return { from, rowStart: 0, rows, interleaved: false };
}

/** Rows of each of the publisher's modules, as far as the views reach. */
export function moduleRows(views: ReadonlyMap<string, RowView>): Map<string, number> {
  const rows = new Map<string, number>();
  for (const { from, rowStart, rows: count } of views.values()) {
    rows.set(from, Math.max(rows.get(from) ?? 0, rowStart + count));
  }
  return rows;
}
