/** Installs or checks one package away from the page: hashing 64 MiB would make it stutter. Ended by the page afterwards. */
import { AppError } from '../core/errors';
import { fileSource } from '../store/file-source';
import { httpSource } from '../store/http-source';
import { type InstallProgress, installModel } from '../store/install';
import { verifyModel } from '../store/weights';
import type { FromInstaller, InstallOrder, ToInstaller, VerifyOrder } from './install-messages';

const abort = new AbortController();
const say = (message: FromInstaller) => postMessage(message);
/** Chunks of a download are small; the page need not hear of each. */
const PROGRESS_MS = 60;

self.onmessage = ({ data }: MessageEvent<ToInstaller>) => {
  if (data.kind === 'abort') return abort.abort();
  const work = data.kind === 'verify' ? verify(data) : install(data);
  work.then(say, (error: unknown) => say({ kind: 'failed', error: AppError.from(error).toString() }));
};

async function install(order: InstallOrder): Promise<FromInstaller> {
  const source = order.kind === 'url' ? httpSource(order.url) : fileSource(order.files);
  const model = await installModel(source, {
    ...(order.id !== undefined && { id: order.id }),
    ...(order.kind === 'url' && order.badFiles && { badFiles: order.badFiles }),
    signal: abort.signal,
    onProgress,
  });
  return { kind: 'done', model };
}

async function verify({ id }: VerifyOrder): Promise<FromInstaller> {
  const report = (bytesDone: number, bytesTotal: number) =>
    onProgress({ phase: 'verify', bytesDone, bytesTotal, file: '' });
  return { kind: 'verified', badFiles: await verifyModel(id, report, abort.signal) };
}

let saidAt = 0;
function onProgress(progress: InstallProgress): void {
  const now = performance.now();
  if (progress.phase === 'download' && now - saidAt < PROGRESS_MS) return;
  saidAt = now;
  say({ kind: 'progress', progress });
}
