/** How long the engine's worker takes to encode and submit a command buffer. */
import type { Page, Worker } from '@playwright/test';

export interface EncodeTime {
  /** Of the encoder. */
  readonly label: string;
  /** From the first call on the encoder to the end of its submit. */
  readonly ms: number;
}

export interface EncodeTimes {
  /** Runs `work`; every submit in order. */
  during(work: () => Promise<unknown>): Promise<readonly EncodeTime[]>;
}

type Watched = typeof globalThis & { encodeTimes?: EncodeTime[] };

/** Looks over the shoulder of the worker that runs the engine now. It is told nothing, and slowed next to nothing. */
export async function watchEncoding(page: Page): Promise<EncodeTimes> {
  const worker = page.workers().find((each) => /native/.test(each.url()))!;
  await worker.evaluate(install);
  return {
    async during(work) {
      await read(worker);
      await work();
      return read(worker);
    },
  };
}

/** All since the last call. */
const read = (worker: Worker) => worker.evaluate(() => (globalThis as Watched).encodeTimes!.splice(0));

function install(): void {
  const times: EncodeTime[] = [];
  (globalThis as Watched).encodeTimes = times;
  let begun: { label: string; at: number } | undefined;
  const { createCommandEncoder } = GPUDevice.prototype;
  GPUDevice.prototype.createCommandEncoder = function (descriptor) {
    begun ??= { label: descriptor?.label ?? '', at: performance.now() };
    return createCommandEncoder.call(this, descriptor);
  };
  const { submit } = GPUQueue.prototype;
  GPUQueue.prototype.submit = function (buffers) {
    submit.call(this, buffers);
    if (begun) times.push({ label: begun.label, ms: performance.now() - begun.at });
    begun = undefined;
  };
}
