/**
 * Speed, time left and standstill of a long piece of work, from its own reports. Pure: the clock is passed in.
 * Rates are weighted towards the last twenty seconds, so that a burst neither shows as a peak nor a pause as
 * an end; while nothing arrives the speed sinks and the time left grows.
 */

/** Weight of what lies this far back is 1/e. */
const MEMORY_MS = 20_000;
/** Less than this says nothing yet. */
const LEAST_MS = 2_000;
/** Nothing for this long: the work stands still. */
export const STALL_MS = 20_000;

interface Rate {
  readonly amount: number;
  readonly ms: number;
}

export interface PaceState {
  readonly bytes: Rate;
  readonly share: Rate;
  /** What is being counted: the speed of another phase is another speed. */
  readonly phase: string;
  readonly lastBytes: number;
  readonly lastShare: number;
  readonly at: number;
  /** When a count last grew. */
  readonly movedAt: number;
}

export interface Pace {
  readonly bytesPerSecond: number | undefined;
  readonly remainingMs: number | undefined;
  readonly isStalled: boolean;
}

export interface PaceReport {
  readonly phase: string;
  /** Done in this phase. */
  readonly bytes: number;
  /** Of the whole work, 0 to 1. */
  readonly share: number;
  /** When something last came in, where that is told apart from what is done with it. */
  readonly heardAt?: number;
}

const NOTHING: Rate = { amount: 0, ms: 0 };

export const NO_PACE: Pace = { bytesPerSecond: undefined, remainingMs: undefined, isStalled: false };

/** `now` in milliseconds on any steady clock. What is done already is not counted as speed. */
export function startPace({ phase, bytes, share }: PaceReport, now: number): PaceState {
  return {
    bytes: NOTHING,
    share: NOTHING,
    phase,
    lastBytes: bytes,
    lastShare: share,
    at: now,
    movedAt: now,
  };
}

export function observe(before: PaceState, report: PaceReport, now: number): PaceState {
  const { phase, bytes, share, heardAt = 0 } = report;
  const elapsedMs = Math.max(0, now - before.at);
  const isSamePhase = phase === before.phase;
  const moreBytes = isSamePhase ? Math.max(0, bytes - before.lastBytes) : 0;
  const moreShare = Math.max(0, share - before.lastShare);
  return {
    bytes: isSamePhase ? after(before.bytes, moreBytes, elapsedMs) : NOTHING,
    share: after(before.share, moreShare, elapsedMs),
    phase,
    lastBytes: bytes,
    lastShare: before.lastShare + moreShare,
    at: now,
    movedAt: moreBytes > 0 || moreShare > 0 || !isSamePhase ? now : Math.max(before.movedAt, heardAt),
  };
}

export function paceOf(state: PaceState, now: number): Pace {
  const silentMs = Math.max(0, now - state.at);
  const bytes = after(state.bytes, 0, silentMs);
  const share = after(state.share, 0, silentMs);
  const left = 1 - state.lastShare;
  return {
    bytesPerSecond: bytes.ms >= LEAST_MS ? (1000 * bytes.amount) / bytes.ms : undefined,
    remainingMs: share.ms >= LEAST_MS && share.amount > 0 ? (left * share.ms) / share.amount : undefined,
    isStalled: now - state.movedAt >= STALL_MS,
  };
}

function after({ amount, ms }: Rate, more: number, elapsedMs: number): Rate {
  const kept = Math.exp(-elapsedMs / MEMORY_MS);
  return { amount: amount * kept + more, ms: ms * kept + elapsedMs };
}
