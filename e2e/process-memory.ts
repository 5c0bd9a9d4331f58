/** Memory of a browser: its process and everything below it, read from Linux's /proc and sampled. */
import { readdirSync, readFileSync } from 'node:fs';

export interface BrowserMemory {
  /** Sum of the resident sets; pages shared between processes count in each. */
  readonly residentBytes: number;
  /** The same by kind of process: `browser`, `gpu-process`, `renderer`, ... */
  readonly byKind: Readonly<Record<string, number>>;
}

interface Process {
  readonly id: number;
  readonly parent: number;
  readonly kind: string;
  readonly residentBytes: number;
}

const SAMPLE_MS = 500;

export class MemorySampler {
  private peak: BrowserMemory = { residentBytes: 0, byKind: {} };
  private readonly timer: ReturnType<typeof setInterval>;

  /** @param mark text in the command line of the browser's first process, such as its profile's folder. */
  constructor(private readonly mark: string) {
    this.timer = setInterval(() => this.sample(), SAMPLE_MS);
  }

  /** What is in use now. */
  sample(): BrowserMemory {
    const now = browserMemory(this.mark);
    if (now.residentBytes > this.peak.residentBytes) this.peak = now;
    return now;
  }

  /** The sample with the most since the last call. */
  takePeak(): BrowserMemory {
    this.sample();
    const { peak } = this;
    this.peak = { residentBytes: 0, byKind: {} };
    return peak;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

function browserMemory(mark: string): BrowserMemory {
  const all = readdirSync('/proc').flatMap((name) =>
    /^\d+$/.test(name) ? readProcess(Number(name), mark) : [],
  );
  const root = all.find(({ kind }) => kind === 'browser');
  const ids = new Set(root ? [root.id] : []);
  // Children come after their parents here as soon as every generation had its turn.
  for (let before = -1; before !== ids.size; ) {
    before = ids.size;
    for (const { id, parent } of all) if (ids.has(parent)) ids.add(id);
  }
  const byKind: Record<string, number> = {};
  for (const { id, kind, residentBytes } of all) {
    if (ids.has(id)) byKind[kind] = (byKind[kind] ?? 0) + residentBytes;
  }
  return { residentBytes: Object.values(byKind).reduce((sum, bytes) => sum + bytes, 0), byKind };
}

function readProcess(id: number, mark: string): Process[] {
  try {
    const status = readFileSync(`/proc/${id}/status`, 'utf8');
    const field = (name: string) => Number(status.match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))?.[1] ?? 0);
    const command = readFileSync(`/proc/${id}/cmdline`, 'utf8');
    const type = command.match(/--type=([\w-]+)/)?.[1];
    const kind = type ?? (command.includes(mark) ? 'browser' : 'other');
    return [{ id, parent: field('PPid'), kind, residentBytes: field('VmRSS') * 1024 }];
  } catch {
    // It ended between being listed and being read.
    return [];
  }
}
