/**
 * One import at a time: idle --files or address--> running --> idle, with the error of the last one kept
 * until the next begins. The work is done by the install worker.
 */
import { create } from 'zustand';
import { AppError } from '../../core/errors';
import type { GivenFile } from '../../store/file-source';
import type { InstallProgress } from '../../store/install';
import { requestPersistence } from '../../store/quota';
import { install } from '../../worker/install-client';
import type { InstallOrder } from '../../worker/install-messages';
import { NO_PACE, observe, type Pace, type PaceState, paceOf, startPace } from './pace';

export interface ImportJob {
  /** Folder, file or host it comes from. */
  readonly label: string;
  readonly progress: InstallProgress | null;
  readonly pace: Pace;
}

interface ImportState {
  readonly job: ImportJob | null;
  readonly error: AppError | null;
  /** Resolves with the id of the model, or undefined when it failed or was cancelled (`error` says which). */
  fromFiles(label: string, files: readonly GivenFile[]): Promise<string | undefined>;
  fromUrl(url: string): Promise<string | undefined>;
  cancel(): void;
  dismiss(): void;
}

export const useImport = create<ImportState>()((set, get) => {
  let stopper: AbortController | undefined;

  const run = async (label: string, order: InstallOrder): Promise<string | undefined> => {
    if (get().job) throw new AppError('busy');
    stopper = new AbortController();
    set({ job: { label, progress: null, pace: NO_PACE }, error: null });
    let meter: PaceState | undefined;
    try {
      // Asked here because here the reason is plain to see; a refusal changes nothing.
      void requestPersistence().catch(() => {});
      const model = await install(order, {
        signal: stopper.signal,
        onProgress: (progress) => {
          const { bytesDone: bytes, bytesTotal } = progress;
          const seen = { phase: 'import', bytes, share: bytes / Math.max(1, bytesTotal) };
          meter = meter ? observe(meter, seen, Date.now()) : startPace(seen, Date.now());
          set({ job: { label, progress, pace: paceOf(meter, Date.now()) } });
        },
      });
      return model.id;
    } catch (error) {
      set({ error: AppError.from(error) });
      return undefined;
    } finally {
      set({ job: null });
    }
  };

  return {
    job: null,
    error: null,
    fromFiles: (label, files) => run(label, { kind: 'files', files }),
    fromUrl: (url) => run(lastPart(url), { kind: 'url', url }),
    cancel: () => stopper?.abort(),
    dismiss: () => set({ error: null }),
  };
});

/** `https` (or http on this machine), or undefined for what is no address. */
export function parseAddress(text: string): string | undefined {
  try {
    const url = new URL(text.trim());
    const isLocal = url.hostname === 'localhost' || url.hostname === '127.0.0.1';
    return url.protocol === 'https:' || (url.protocol === 'http:' && isLocal) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

function lastPart(address: string): string {
  const url = new URL(address);
  return url.pathname.split('/').filter(Boolean).at(-1) ?? url.host;
}
