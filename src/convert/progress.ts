/** Progress of a conversion as page and command line show it. Phases overlap; each count only grows. */

export const CONVERT_PHASES = ['download', 'merge', 'quantize', 'write', 'verify'] as const;
export type ConvertPhase = (typeof CONVERT_PHASES)[number];

export interface PhaseBytes {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface ConvertProgress {
  /**
   * `download`: bytes read from the sources (checkpoint, base, LoRA). `merge`: bytes of the merged checkpoint,
   * absent where nothing is merged. `quantize`: bytes of the checkpoint turned into codes. `write` and
   * `verify`: bytes of the package stored, and read back and found right. What an earlier run finished counts
   * as done from the start.
   */
  readonly phases: Readonly<Partial<Record<ConvertPhase, PhaseBytes>>>;
  /** 0 to 1, never falling, and exactly 1 in the last report. */
  readonly share: number;
  /** Stored tensor or file in hand. */
  readonly item: string;
}
