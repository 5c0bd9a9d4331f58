/** The ways in which a host of checkpoints can go wrong, as test-source-server.ts plays them. */
import type { ServerResponse } from 'node:http';

interface FaultScope {
  /** Which requests: the end of the path (`model.safetensors`, `/tree/main`). Absent: every file. */
  readonly path?: string;
  /** Only requests whose range starts here. */
  readonly start?: number;
  /** How many of them; absent: once. */
  readonly times?: number;
  /** Called when the fault has happened, for instance to change a file. */
  readonly onDone?: () => void;
}

export type Fault = FaultScope &
  (
    | {
        readonly kind: 'status';
        readonly status: number;
        readonly headers?: Readonly<Record<string, string>>;
      }
    /** Sends so many bytes of the body (none: not even headers) and then nothing, the connection open. */
    | { readonly kind: 'stall'; readonly afterBytes?: number }
    /** Sends so many bytes of the body (none: not even headers) and closes the connection. */
    | { readonly kind: 'cut'; readonly afterBytes?: number }
    /** Ends cleanly after so many bytes, with no Content-Length to tell. */
    | { readonly kind: 'short'; readonly afterBytes: number }
    /** 200 and the whole file, whatever was asked for. */
    | { readonly kind: 'ignore-range' }
    /** The start page of a single-page application, with status 200. */
    | { readonly kind: 'html' }
    /** Content-Range names another total length. */
    | { readonly kind: 'wrong-total'; readonly totalBytes: number }
    /** A 206 that starts elsewhere than it was asked to. */
    | { readonly kind: 'wrong-start'; readonly shiftBytes: number }
    /** 302 to this address; `cdn` is the server's own second origin. */
    | { readonly kind: 'redirect'; readonly to: string }
  );

export interface Pace {
  readonly pieceBytes: number;
  readonly pauseMs: number;
}

/** Chooses and uses up faults in the order in which they were added. */
export class FaultList {
  private faults: { fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.faults.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.faults = [];
  }

  take(path: string, start: number, isFile: boolean): Fault | undefined {
    const found = this.faults.find(({ fault, left }) => {
      if (left <= 0 || (fault.start !== undefined && fault.start !== start)) return false;
      return fault.path === undefined ? isFile : path.endsWith(fault.path);
    });
    if (found) found.left--;
    return found?.fault;
  }
}

/** Sends a body, as far and as fast as the fault and the pace let it. */
export async function sendBody(
  response: ServerResponse,
  body: Uint8Array,
  fault: Fault | undefined,
  pace: Pace | undefined,
): Promise<void> {
  const stops = fault?.kind === 'stall' || fault?.kind === 'cut' || fault?.kind === 'short';
  const length = stops ? Math.min(body.length, fault.afterBytes ?? 0) : body.length;
  const piece = pace?.pieceBytes ?? 1 << 20;
  for (let at = 0; at < length && !response.destroyed; at += piece) {
    if (pace && at > 0) await new Promise((resolve) => setTimeout(resolve, pace.pauseMs));
    await new Promise<void>((resolve) => {
      response.write(body.subarray(at, Math.min(length, at + piece)), () => resolve());
    });
  }
  fault?.onDone?.();
  if (fault?.kind === 'cut') response.destroy();
  else if (fault?.kind !== 'stall') response.end();
}
