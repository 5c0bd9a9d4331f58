/** Our own engine in a worker, as the app runs it: one load, then answers. */
import { AppError } from '../../core/errors';
import { GREEDY } from '../../engine/greedy';
import { createRunner } from '../../engine/runner';
import type { Runner } from '../../engine/types';

import { openDevice } from '../../gpu/device';
import { openPackage } from '../../models/package';
import { httpFiles } from './http-files';
import { RunClock } from './peer';

export type AeriePeerCall =
  | { readonly do: 'load'; readonly packageUrl: string }
  | { readonly do: 'run'; readonly prompt: readonly number[]; readonly maxTokens: number };

let runner: Runner | undefined;

self.onmessage = async ({ data }: MessageEvent<AeriePeerCall>) => {
  try {
    postMessage({ answer: data.do === 'load' ? await load(data.packageUrl) : await run(data) });
  } catch (error) {
    const { code, details } = AppError.from(error);
    postMessage({ failure: `${code} ${JSON.stringify(details)}` });
  }
};

async function load(packageUrl: string): Promise<string> {
  const gpu = await openDevice(navigator.gpu);
  runner = await createRunner(gpu, await openPackage(httpFiles(packageUrl)));
  return gpu.name;
}

async function run({ prompt, maxTokens }: Extract<AeriePeerCall, { do: 'run' }>) {
  if (!runner) throw new AppError('not-loaded');
  const clock = new RunClock();
  runner.truncate(0);
  await runner.prefill(prompt);
  for await (const { id } of runner.generate({ sampler: GREEDY, maxTokens, stopIds: new Set() }))
    clock.add(1, [id]);
  return clock.end();
}
