/**
 * How long the tasks of a page's threads kept the processor busy, from Chromium's own trace. Unlike the `longtask`
 * entries a page can observe, which run on while other programs have the processor, this is time of work: on a
 * machine that is busy with something else the figures stay what they are.
 */
import type { Browser, Page } from '@playwright/test';

export interface ThreadTasks {
  /** Milliseconds of each task of the thread that pages live on. */
  readonly page: readonly number[];
  /** Of the threads of workers. */
  readonly workers: readonly number[];
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds on the processor. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

const THREADS = { page: 'CrRendererMain', workers: 'DedicatedWorker thread' } as const;

/** Of everything that runs while `work` does. One at a time in a browser. */
export async function threadTasks(
  browser: Browser,
  page: Page,
  work: () => Promise<unknown>,
): Promise<ThreadTasks> {
  await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline'] });
  let trace: Buffer;
  try {
    await work();
  } finally {
    trace = await browser.stopTracing();
  }
  const { traceEvents } = JSON.parse(trace.toString()) as { readonly traceEvents: readonly TraceEvent[] };
  const names = new Map(
    traceEvents.flatMap(({ name, pid, tid, args }) =>
      name === 'thread_name' ? [[`${pid} ${tid}`, args.name] as const] : [],
    ),
  );
  const of = (thread: string) =>
    traceEvents
      .filter(({ name, pid, tid }) => name === 'RunTask' && names.get(`${pid} ${tid}`) === thread)
      .map(({ tdur = 0 }) => tdur / 1000);
  return { page: of(THREADS.page), workers: of(THREADS.workers) };
}
