import type { AeriePeerCall } from './aerie-peer.worker';
import type { Peer, PeerFiles, PeerRun } from './peer';

/** Our own engine, in a worker of its own. */
export class AeriePeer implements Peer {
  readonly name = 'aerie';
  private readonly worker = new Worker(new URL('./aerie-peer.worker.ts', import.meta.url), {
    type: 'module',
  });

  load({ packageUrl }: PeerFiles): Promise<string> {
    return this.call({ do: 'load', packageUrl }) as Promise<string>;
  }

  run(prompt: readonly number[], maxTokens: number): Promise<PeerRun> {
    return this.call({ do: 'run', prompt, maxTokens }) as Promise<PeerRun>;
  }

  async unload(): Promise<void> {
    this.worker.terminate();
  }

  private call(message: AeriePeerCall): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.worker.onmessage = ({ data }: MessageEvent<{ answer?: unknown; failure?: string }>) =>
        data.failure === undefined ? resolve(data.answer) : reject(new Error(data.failure));
      this.worker.onerror = ({ message: text }) => reject(new Error(text));
      this.worker.postMessage(message);
    });
  }
}
