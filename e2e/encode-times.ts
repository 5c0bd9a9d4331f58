/** How long the engine's worker takes to encode and submit a command buffer: the JavaScript that a token costs. */
import type { Page, Worker } from '@playwright/test';

export interface EncodeTimes {
  /** Runs `work`; milliseconds from the first call on an encoder to the end of its submit, for each submit. */
  during(work: () => Promise<unknown>): Promise<readonly number[]>;
}

type Watched = typeof globalThis & { encodeTimes?: number[] };

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
  const times: number[] = [];
  (globalThis as Watched).encodeTimes = times;
  let begunAt: number | undefined;
  const { createCommandEncoder } = GPUDevice.prototype;
  GPUDevice.prototype.createCommandEncoder = function (descriptor) {
    begunAt ??= performance.now();
    return createCommandEncoder.call(this, descriptor);
  };
  const { submit } = GPUQueue.prototype;
  GPUQueue.prototype.submit = function (buffers) {
    submit.call(this, buffers);
    if (begunAt !== undefined) times.push(performance.now() - begunAt);
    begunAt = undefined;
  };
}
