import { Wllama } from '@wllama/wllama/esm/index.js';
import wasmUrl from '@wllama/wllama/esm/wasm/wllama.wasm?url';
import { namedPrompt, namedTokens } from './package-to-gguf';
import { type Peer, type PeerFiles, type PeerRun, RunClock } from './peer';

/** llama.cpp in WebAssembly; with its WebGPU backend, or on the processor with as many threads as there are cores. */
export class WllamaPeer implements Peer {
  private readonly log: string[] = [];
  private readonly wllama: Wllama;

  constructor(readonly name: 'wllama-webgpu' | 'wllama-cpu') {
    const note = (...words: unknown[]) => {
      this.log.push(words.join(' '));
    };
    const logger = { debug: note, log: note, warn: note, error: note };
    this.wllama = new Wllama({ default: wasmUrl }, { logger });
  }

  async load({ ggufUrl }: PeerFiles): Promise<string> {
    const isOnGpu = this.name === 'wllama-webgpu';
    const response = await fetch(ggufUrl);
    await this.wllama.loadModel([await response.blob()], {
      n_ctx: 2048,
      n_parallel: 1,
      n_gpu_layers: isOnGpu ? 99_999 : 0,
      n_threads: navigator.hardwareConcurrency,
    });
    const version = `llama.cpp ${Wllama.getLibllamaVersion()}`;
    if (!isOnGpu) return `${version}, ${this.wllama.getNumThreads()} threads`;
    // Without an adapter to its liking the backend falls back to the processor and says so only in its log.
    const offloaded = this.log.find((line) => /offloaded \d+\/\d+ layers to GPU/.test(line));
    if (!offloaded || /offloaded 0\//.test(offloaded)) throw new Error(await this.refusal());
    return `${version}, WebGPU`;
  }

  async run(prompt: readonly number[], maxTokens: number): Promise<PeerRun> {
    const clock = new RunClock();
    const chunks = await this.wllama.createCompletion({
      prompt: namedPrompt(prompt),
      max_tokens: maxTokens,
      temperature: 0,
      cache_prompt: false,
      ignore_eos: true,
      stream: true,
    } as Parameters<Wllama['createCompletion']>[0] & { stream: true });
    for await (const { choices } of chunks) {
      const ids = namedTokens(choices[0]?.text ?? '');
      clock.add(ids.length, ids);
    }
    return clock.end();
  }

  private async refusal(): Promise<string> {
    const said = this.log.find((line) => /ggml_webgpu/.test(line));
    if (said !== undefined) return said;
    const adapter = await navigator.gpu.requestAdapter();
    const halves = adapter?.features.has('shader-f16') ? '' : '; this adapter has no shader-f16';
    return `its WebGPU backend took no layer${halves}`;
  }

  async unload(): Promise<void> {
    await this.wllama.exit();
  }
}
