/**
 * What the thread of a worker spends its time on, from V8's own sampling profiler: JavaScript, calls from it into the
 * browser (WebGPU, messages), cleaning up memory. Everything that runs counts, wherever it was called from.
 */
import type { Page } from '@playwright/test';

export interface WorkerTimes {
  /** Milliseconds in functions written in JavaScript. */
  readonly script: number;
  /** In functions of the browser that JavaScript called. */
  readonly native: number;
  readonly garbage: number;
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  /** Ids of nodes. */
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

const INTERVAL_US = 100;
/**
 * What a sample counts at most. A thread that is seen at the same place for longer stood there without a processor:
 * the GPU of these journeys is a program that takes all there are.
 */
const MOST_SAMPLE_US = 1000;

/** Of the worker whose address matches, while `work` runs. */
export async function profileWorker(
  page: Page,
  address: RegExp,
  work: () => Promise<unknown>,
): Promise<WorkerTimes> {
  const session = await page.context().newCDPSession(page);
  const answers = new Map<number, (result: unknown) => void>();
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message) as { id: number; result: unknown };
    answers.get(id)?.(result);
  });
  const attached = new Promise<string>((found) => {
    session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      if (address.test(targetInfo.url)) found(sessionId);
    });
  });
  await session.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
  const sessionId = await attached;
  let calls = 0;
  const ask = (method: string, params: object = {}) =>
    new Promise<unknown>((resolve, reject) => {
      const id = ++calls;
      answers.set(id, resolve);
      const message = JSON.stringify({ id, method, params });
      session.send('Target.sendMessageToTarget', { sessionId, message }).catch(reject);
    });
  try {
    await ask('Profiler.enable');
    await ask('Profiler.setSamplingInterval', { interval: INTERVAL_US });
    await ask('Profiler.start');
    await work();
    return timesOf(((await ask('Profiler.stop')) as { profile: Profile }).profile);
  } finally {
    await session.detach();
  }
}

function timesOf({ nodes, samples, timeDeltas }: Profile): WorkerTimes {
  const times = { script: 0, native: 0, garbage: 0 };
  const kinds = new Map(nodes.map((node) => [node.id, kindOf(node)]));
  for (const [index, id] of samples.entries()) {
    const kind = kinds.get(id);
    if (kind) times[kind] += Math.min(timeDeltas[index + 1] ?? 0, MOST_SAMPLE_US) / 1000;
  }
  return times;
}

function kindOf({ callFrame: { functionName, url } }: ProfileNode): keyof WorkerTimes | undefined {
  if (functionName === '(garbage collector)') return 'garbage';
  // (idle), (program), (root)
  if (functionName.startsWith('(')) return undefined;
  return url === '' ? 'native' : 'script';
}
