/**
 * Finds stop strings in streamed text, across token borders. Text that may be the beginning of a stop string
 * is held back until it is certain. The match that is complete first wins, whatever way the text was split.
 */
export interface StopResult {
  /** Text that may be shown now. */
  readonly text: string;
  /** The stop string that ended the answer; it and what follows are cut off. */
  readonly stop: string | undefined;
}

export interface StopStrings {
  push(text: string): StopResult;
  /** The stream ended without a stop string: what was held back is text after all. */
  flush(): string;
}

export function createStopStrings(stops: readonly string[]): StopStrings {
  const wanted = [...new Set(stops)].filter((stop) => stop !== '');
  let held = '';
  let isStopped = false;
  return {
    push(text) {
      if (isStopped) return { text: '', stop: undefined };
      held += text;
      const found = firstComplete(held, wanted);
      if (found !== undefined) {
        isStopped = true;
        const before = held.slice(0, found.start);
        held = '';
        return { text: before, stop: found.stop };
      }
      const keep = longestPossiblePrefix(held, wanted);
      const certain = held.slice(0, held.length - keep);
      held = held.slice(held.length - keep);
      return { text: certain, stop: undefined };
    },
    flush() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}

function firstComplete(text: string, stops: readonly string[]): { start: number; stop: string } | undefined {
  let best: { start: number; end: number; stop: string } | undefined;
  for (const stop of stops) {
    const start = text.indexOf(stop);
    if (start < 0) continue;
    const end = start + stop.length;
    if (best === undefined || end < best.end || (end === best.end && start < best.start))
      best = { start, end, stop };
  }
  return best;
}

/** Length of the longest end of `text` with which a stop string begins. */
function longestPossiblePrefix(text: string, stops: readonly string[]): number {
  const longest = stops.reduce((most, stop) => Math.max(most, stop.length - 1), 0);
  for (let length = Math.min(longest, text.length); length > 0; length--) {
    const end = text.slice(text.length - length);
    if (stops.some((stop) => stop.length > length && stop.startsWith(end))) return length;
  }
  return 0;
}
