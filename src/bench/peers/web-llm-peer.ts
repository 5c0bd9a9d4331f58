import type { MLCEngine } from '@mlc-ai/web-llm';
import { type Peer, type PeerFiles, type PeerRun, RunClock } from './peer';

const MODEL_ID = 'peer';

/** Stock web-llm with a model library compiled for this model. */
export class WebLlmPeer implements Peer {
  readonly name = 'web-llm';
  private engine: MLCEngine | undefined;

  async load({ packageUrl, mlcLibraryUrl }: PeerFiles): Promise<string> {
    if (mlcLibraryUrl === undefined) throw new Error('needs a compiled model library (--mlc-library FILE)');
    const { CreateMLCEngine } = await import('@mlc-ai/web-llm');
    this.engine = await CreateMLCEngine(MODEL_ID, {
      appConfig: { model_list: [{ model_id: MODEL_ID, model: packageUrl, model_lib: mlcLibraryUrl }] },
    });
    return `web-llm, ${await this.engine.getGPUVendor()}`;
  }

  async run(prompt: readonly number[], maxTokens: number): Promise<PeerRun> {
    const { engine } = this;
    if (!engine) throw new Error('not loaded');
    await engine.resetChat();
    const clock = new RunClock();
    let last = await engine.forwardTokensAndSample([...prompt], true);
    clock.add(1, [last]);
    for (let drawn = 1; drawn < maxTokens; drawn++) {
      last = await engine.forwardTokensAndSample([last], false);
      clock.add(1, [last]);
    }
    return clock.end();
  }

  async unload(): Promise<void> {
    await this.engine?.unload();
  }
}
