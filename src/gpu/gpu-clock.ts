/**
 * How long the GPU takes for a compute pass: by its own timestamps, or from submit to the queue being done, less what
 * an empty submit takes. Browsers round timestamps to 0.1 ms and clocks to 5 us and more, so work is repeated within
 * the pass until that no longer matters.
 */
import { median } from '../core/statistics';
import type { Gpu } from './device';

export type ClockKind = 'timestamps' | 'wall';

/** A pass that takes this long is measured to about 2 %. */
const ENOUGH_MS: Readonly<Record<ClockKind, number>> = { timestamps: 5, wall: 20 };
const MOST_REPEATS = 2000;

export type Encode = (pass: GPUComputePassEncoder) => void;

export class GpuClock {
  private emptyMs = 0;

  private constructor(
    private readonly device: GPUDevice,
    private stamps: Stamps | undefined,
  ) {}

  static async create({ device, features }: Gpu): Promise<GpuClock> {
    const clock = new GpuClock(device, features.timestamps ? createStamps(device) : undefined);
    const empty: number[] = [];
    for (let i = 0; i < 5; i++) empty.push((await clock.pass(() => {})).wallMs);
    clock.emptyMs = median(empty);
    return clock;
  }

  get kind(): ClockKind {
    return this.stamps ? 'timestamps' : 'wall';
  }

  /** ms of one `encode`, repeated often enough within one pass; the first, unmeasured pass warms up. */
  async once(encode: Encode, rounds: number, budgetMs: number): Promise<number> {
    const startedAt = performance.now();
    const firstMs = await this.time(encode, 1);
    const repeats = Math.min(MOST_REPEATS, Math.max(1, Math.ceil(ENOUGH_MS[this.kind] / firstMs)));
    const times: number[] = [];
    do times.push((await this.time(encode, repeats)) / repeats);
    while (times.length < rounds && performance.now() - startedAt < budgetMs);
    return median(times);
  }

  private async time(encode: Encode, repeats: number): Promise<number> {
    const { stampedMs, wallMs } = await this.pass((pass) => {
      for (let i = 0; i < repeats; i++) encode(pass);
    });
    if (stampedMs !== undefined && stampedMs > 0) return stampedMs;
    const isStill = stampedMs === 0 && wallMs - this.emptyMs < ENOUGH_MS.timestamps;
    // A clock that stands still over a long pass is none.
    if (this.stamps && !isStill) this.dropStamps();
    return Math.max(wallMs - this.emptyMs, 0.001);
  }

  private async pass(encode: Encode): Promise<{ stampedMs: number | undefined; wallMs: number }> {
    const { device, stamps } = this;
    const encoder = device.createCommandEncoder({ label: 'clock' });
    const pass = encoder.beginComputePass({
      label: 'clock',
      ...(stamps && {
        timestampWrites: { querySet: stamps.set, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
      }),
    });
    encode(pass);
    pass.end();
    if (stamps) {
      encoder.resolveQuerySet(stamps.set, 0, 2, stamps.resolved, 0);
      encoder.copyBufferToBuffer(stamps.resolved, 0, stamps.staging, 0, 16);
    }
    const commands = encoder.finish();
    const startedAt = performance.now();
    device.queue.submit([commands]);
    await device.queue.onSubmittedWorkDone();
    const wallMs = performance.now() - startedAt;
    return { stampedMs: stamps && (await readStamps(stamps)), wallMs };
  }

  destroy(): void {
    this.dropStamps();
  }

  private dropStamps(): void {
    this.stamps?.set.destroy();
    this.stamps?.resolved.destroy();
    this.stamps?.staging.destroy();
    this.stamps = undefined;
  }
}

interface Stamps {
  readonly set: GPUQuerySet;
  readonly resolved: GPUBuffer; // u64 [2], ns
  readonly staging: GPUBuffer;
}

function createStamps(device: GPUDevice): Stamps {
  const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const create = (label: string, usage: number) =>
    device.createBuffer({ label: `clock ${label}`, size: 16, usage });
  return {
    set: device.createQuerySet({ label: 'clock', type: 'timestamp', count: 2 }),
    resolved: create('timestamps', QUERY_RESOLVE | COPY_SRC),
    staging: create('timestamps read-back', COPY_DST | MAP_READ),
  };
}

/** ms between the two; may be 0, or nonsense after a clock was set. */
async function readStamps({ staging }: Stamps): Promise<number> {
  await staging.mapAsync(GPUMapMode.READ);
  const [begin = 0n, end = 0n] = new BigUint64Array(staging.getMappedRange());
  staging.unmap();
  return Number(end - begin) / 1e6;
}
