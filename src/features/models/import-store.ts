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

export interface ImportJob {
  /** Folder, file or host it comes from. */
  readonly label: string;
  readonly progress: InstallProgress | null;
}

interface ImportState {
  readonly job: ImportJob | null;
  readonly error: AppError | null;
  /** Resolves with the id of the model, or undefined when it failed or was cancelled (`error` says which). */
  fromFiles(files: readonly GivenFile[]): Promise<string | undefined>;
  fromUrl(url: string): Promise<string | undefined>;
  cancel(): void;
  dismiss(): void;
}

export const useImport = create<ImportState>()((set, get) => {
  let stopper: AbortController | undefined;

  const run = async (label: string, order: InstallOrder): Promise<string | undefined> => {
    if (get().job) throw new AppError('busy');
    stopper = new AbortController();
    set({ job: { label, progress: null }, error: null });
    try {
      // Asked here because here the reason is plain to see; a refusal changes nothing.
      void requestPersistence().catch(() => {});
      const model = await install(order, {
        signal: stopper.signal,
        onProgress: (progress) => set({ job: { label, progress } }),
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
    fromFiles: (files) => run(files[0]?.path.split('/')[0] ?? '', { kind: 'files', files }),
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
