/** Loads that fail, at any point and for any reason: nothing may stay on the GPU. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../core/errors';
import { testGpu } from '../gpu/test-gpu';
import { type WatchedGpu, watchedGpu } from '../gpu/test-watched-gpu';
import type { ModelPackage } from '../models/package';
import { TEST_ARCHITECTURE } from '../models/test-package';
import { createRunner, type RunnerOptions } from './runner';
import { randomPackage } from './test-random-package';

const model = randomPackage({ ...TEST_ARCHITECTURE, layers: 2, quantization: 'q4f16_1', contextLength: 64 });
let watched: WatchedGpu;

beforeAll(async () => {
  watched = watchedGpu(await testGpu());
  // Compiles everything, so that it takes no time below.
  (await createRunner(watched.gpu, model, { warmUp: true })).dispose();
});

beforeEach(async () => {
  expect(await left()).toEqual([]);
});

/** Labels of the buffers that are there when everything has come to rest. */
async function left(): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  await watched.gpu.device.queue.onSubmittedWorkDone();
  // Uniforms of slices belong to the dispatches that bind them, and go with those.
  return [...watched.buffers].map(({ label }) => label).filter((label) => label !== 'slice');
}

async function codeOf(options: RunnerOptions = {}, of: ModelPackage = model): Promise<string> {
  try {
    (await createRunner(watched.gpu, of, options)).dispose();
    return 'loaded';
  } catch (error) {
    return AppError.from(error).code;
  }
}

describe('a load that fails leaves nothing on the GPU', () => {
  it('whichever allocation finds the memory full', async () => {
    let asked = 0;
    for (; ; asked++) {
      Object.assign(watched, { grants: asked, refusals: 1 });
      const code = await codeOf();
      const isEnd = watched.refusals === 1;
      watched.refusals = 0;
      expect(code).toBe(isEnd ? 'loaded' : 'out-of-gpu-memory');
      expect([asked, await left()]).toEqual([asked, []]);
      if (isEnd) break;
    }
    // Weights, cache, state and logits, and what lies between the kernels.
    expect(asked).toBeGreaterThan(10);
  });

  it('whatever happens while the weights are read', async () => {
    let read = 0;
    const failing: ModelPackage = {
      ...model,
      async readTensor(...args) {
        read += 1;
        if (read === 7) throw new AppError('file-truncated');
        return model.readTensor(...args);
      },
    };
    expect(await codeOf({}, failing)).toBe('file-truncated');
    expect(await left()).toEqual([]);

    const stop = new AbortController();
    const aborting: ModelPackage = {
      ...model,
      async readTensor(...args) {
        stop.abort();
        return model.readTensor(...args);
      },
    };
    expect(await codeOf({ signal: stop.signal }, aborting)).toBe('aborted');
  });

  it('whenever it is aborted later', async () => {
    for (const at of ['compile', 'warmup'] as const) {
      const stop = new AbortController();
      const onPhase: RunnerOptions['onPhase'] = (phase) => {
        if (phase === at) stop.abort();
      };
      const code = await codeOf({ warmUp: true, signal: stop.signal, onPhase });
      // Compiling may have been done by the time the weights were there.
      expect(code).toBe(stop.signal.aborted ? 'aborted' : 'loaded');
      expect(await left()).toEqual([]);
    }
  });
});
