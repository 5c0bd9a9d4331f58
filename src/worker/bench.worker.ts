/** Runs one benchmark on the user's GPU, away from the page. Ended by the page afterwards. */
import { runBenchmark } from '../bench/run-benchmark';
import type { BenchConfig } from '../bench/types';
import { AppError } from '../core/errors';
import { openDevice } from '../gpu/device';
import type { FromBench, ToBench } from './bench-messages';
import { deviceOptions } from './device-options';
import { browserGpu } from './gpu-info';

const cancel = new AbortController();
const say = (message: FromBench) => postMessage(message);

self.onmessage = ({ data }: MessageEvent<ToBench>) => {
  if (data.kind === 'cancel') cancel.abort();
  else
    run(data.config).catch((error: unknown) =>
      say({ kind: 'failed', error: AppError.from(error).toString() }),
    );
};

async function run(config: BenchConfig): Promise<void> {
  const gpu = await openDevice(browserGpu(), deviceOptions(self.name));
  try {
    const result = await runBenchmark(gpu, config, {
      platform: platform(),
      signal: cancel.signal,
      onProgress: (progress) => say({ kind: 'progress', progress }),
    });
    say({ kind: 'done', result });
  } finally {
    gpu.device.destroy();
  }
}

/** "Chrome 140, Windows"; what a browser says about itself and no more. */
function platform(): string {
  const chromium = /(?:Chrome|Edg)\/(\d+)/.exec(navigator.userAgent);
  const system = /Windows|Android|CrOS|Mac OS|Linux/.exec(navigator.userAgent)?.[0];
  const browser = chromium ? `Chrome ${chromium[1]}` : navigator.userAgent;
  return system ? `${browser}, ${system === 'CrOS' ? 'ChromeOS' : system}` : browser;
}
