import { type Peer, type PeerFiles, type PeerRun, RunClock } from './peer';

/** What is used of transformers.js, which is not among our packages. */
interface Transformers {
  readonly env: { allowLocalModels: boolean; allowRemoteModels: boolean; localModelPath: string };
  readonly Tensor: new (type: 'int64', data: BigInt64Array, shape: readonly number[]) => unknown;
  readonly AutoModelForCausalLM: {
    from_pretrained(name: string, options: Record<string, unknown>): Promise<CausalModel>;
  };
  readonly BaseStreamer: new () => { put(value: bigint[][]): void; end(): void };
}

interface CausalModel {
  generate(options: Record<string, unknown>): Promise<unknown>;
  dispose(): Promise<unknown>;
}

/** transformers.js on WebGPU with an ONNX export of the same model. */
export class TransformersPeer implements Peer {
  readonly name = 'transformers.js';
  private library: Transformers | undefined;
  private model: CausalModel | undefined;

  /** @param libraryUrl its browser build. */
  constructor(private readonly libraryUrl: string | undefined) {}

  async load({ onnxUrl }: PeerFiles): Promise<string> {
    if (onnxUrl === undefined) throw new Error('needs an ONNX export of the model (--onnx DIR)');
    if (this.libraryUrl === undefined)
      throw new Error('not installed (npm install --no-save @huggingface/transformers)');
    const library = (await import(/* @vite-ignore */ this.libraryUrl)) as Transformers;
    Object.assign(library.env, { allowLocalModels: true, allowRemoteModels: false, localModelPath: onnxUrl });
    this.library = library;
    this.model = await library.AutoModelForCausalLM.from_pretrained('.', {
      device: 'webgpu',
      dtype: 'q4f16',
    });
    return 'transformers.js, WebGPU, q4f16';
  }

  async run(prompt: readonly number[], maxTokens: number): Promise<PeerRun> {
    const { library, model } = this;
    if (!library || !model) throw new Error('not loaded');
    const shape = [1, prompt.length];
    const clock = new RunClock();
    let isPrompt = true;
    class Streamer extends library.BaseStreamer {
      override put(value: bigint[][]): void {
        // The first call repeats the prompt.
        if (!isPrompt) clock.add(value[0]!.length, value[0]!.map(Number));
        isPrompt = false;
      }
      override end(): void {}
    }
    await model.generate({
      input_ids: new library.Tensor('int64', BigInt64Array.from(prompt, BigInt), shape),
      attention_mask: new library.Tensor('int64', new BigInt64Array(prompt.length).fill(1n), shape),
      max_new_tokens: maxTokens,
      min_new_tokens: maxTokens,
      do_sample: false,
      streamer: new Streamer(),
    });
    return clock.end();
  }

  async unload(): Promise<void> {
    await this.model?.dispose();
  }
}
