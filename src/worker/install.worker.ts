/** Installs one package away from the page: hashing 64 MiB would make it stutter. Ended by the page afterwards. */
import { AppError } from '../core/errors';
import { fileSource } from '../store/file-source';
import { httpSource } from '../store/http-source';
import { installModel } from '../store/install';
import type { FromInstaller, InstallOrder, ToInstaller } from './install-messages';

const abort = new AbortController();
const say = (message: FromInstaller) => postMessage(message);
/** Chunks of a download are small; the page need not hear of each. */
const PROGRESS_MS = 60;

self.onmessage = ({ data }: MessageEvent<ToInstaller>) => {
  if (data.kind === 'abort') abort.abort();
  else void run(data);
};

async function run(order: InstallOrder): Promise<void> {
  let saidAt = 0;
  try {
    const source = order.kind === 'url' ? httpSource(order.url) : fileSource(order.files);
    const model = await installModel(source, {
      ...(order.id !== undefined && { id: order.id }),
      signal: abort.signal,
      onProgress: (progress) => {
        const now = performance.now();
        if (progress.phase === 'download' && now - saidAt < PROGRESS_MS) return;
        saidAt = now;
        say({ kind: 'progress', progress });
      },
    });
    say({ kind: 'done', model });
  } catch (error) {
    say({ kind: 'failed', error: AppError.from(error).toString() });
  }
}
