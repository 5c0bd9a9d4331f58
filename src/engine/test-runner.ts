/**
 * A `Runner` that plays a script, for tests of what stands above it: requests, streams, workers. What it
 * says depends on the last user text of the prompt; no model is imitated. Byte tokens as in test-package.ts.
 */
import { AppError } from '../core/errors';
import type { Architecture } from '../models/architecture';
import { memoryFiles, testPackage } from '../models/test-package';
import type { EngineParts } from './model-slot';
import { commonPrefix } from './sequences';
import type { GenerateOptions, Runner, RunnerTiming, SampledToken } from './types';

const END = 256;
const utf8 = new TextEncoder();

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const NO_LOAD = {
  totalMs: 0,
  readMs: 0,
  uploadMs: 0,
  compileMs: 0,
  tuneMs: 0,
  warmUpMs: 0,
  weightsBytes: 100,
};

export class ScriptedRunner implements Runner {
  readonly contextLength: number;
  readonly load = NO_LOAD;
  readonly tokens: number[] = [];
  /** What was asked of it, for assertions. */
  readonly prefills: number[] = [];
  readonly seen: GenerateOptions[] = [];
  isDisposed = false;
  /** Pause before each token. */
  tokenMs = 1;
  private isBusy = false;

  constructor(readonly architecture: Architecture) {
    this.contextLength = architecture.contextLength;
  }

  async resume(ids: readonly number[]): Promise<number> {
    this.truncate(Math.min(commonPrefix(this.tokens, ids), ids.length - 1));
    return this.tokens.length;
  }

  truncate(position: number): void {
    if (this.isBusy) throw new AppError('busy');
    this.tokens.length = Math.min(this.tokens.length, position);
  }

  async prefill(ids: readonly number[], signal?: AbortSignal): Promise<void> {
    if (this.isBusy) throw new AppError('busy');
    this.prefills.push(ids.length);
    await sleep(0);
    if (signal?.aborted) throw new AppError('aborted');
    this.tokens.push(...ids);
    if (this.userText().includes('boom-first')) throw new AppError('out-of-gpu-memory', { bytes: 1 });
  }

  async *generate(options: GenerateOptions): AsyncGenerator<SampledToken> {
    if (this.isBusy) throw new AppError('busy');
    this.isBusy = true;
    this.seen.push(options);
    try {
      const text = this.userText();
      const script = scriptOf(text);
      for (let drawn = 0; drawn < options.maxTokens; drawn++) {
        await sleep(this.tokenMs);
        if (options.signal?.aborted) return;
        if (text.includes('boom-mid') && drawn === 3)
          throw new AppError('device-lost', { reason: 'unknown' });
        const id = script(drawn);
        this.tokens.push(id);
        const top = options.sampler.topLogprobs;
        yield top === undefined
          ? { id }
          : { id, logprob: -0.5, topLogprobs: [{ id, logprob: -0.5 }].slice(0, top) };
        if (options.stopIds.has(id)) return;
      }
    } finally {
      this.isBusy = false;
    }
  }

  async readLogits(): Promise<Float32Array> {
    return new Float32Array(this.architecture.vocab);
  }

  timing(): RunnerTiming {
    return {
      prefillMs: 0,
      prefillTokens: 0,
      decodeMs: 0,
      decodeTokens: 0,
      firstTokenMs: 0,
      draftedTokens: 0,
      acceptedTokens: 0,
    };
  }

  memory() {
    return { weightsBytes: 100, kvBytes: 20, scratchBytes: 3 };
  }

  dispose(): void {
    this.isDisposed = true;
  }

  /** Between the last `<|startofpiece|>` and `<|endofpiece|>`, or everything in a plain completion. */
  private userText(): string {
    const start = this.tokens.lastIndexOf(257);
    const end = this.tokens.lastIndexOf(258);
    const ids = start >= 0 && end > start ? this.tokens.slice(start + 1, end) : this.tokens;
    return new TextDecoder().decode(Uint8Array.from(ids.filter((id) => id < 256)));
  }
}

/** `say:TEXT` says TEXT and ends; `long` never ends; anything else gets a greeting. */
function scriptOf(text: string): (step: number) => number {
  if (text.includes('long')) return (step) => utf8.encode('abcdefghij')[step % 10]!;
  const said = /say:(.*)/s.exec(text)?.[1] ?? '你好，world! 🙂';
  const bytes = utf8.encode(said);
  return (step) => bytes[step] ?? END;
}

/** A device as far as the slot looks at it; `lose` takes it away. */
export function scriptedGpu() {
  let lose: (info: GPUDeviceLostInfo) => void = () => {};
  const lost = new Promise<GPUDeviceLostInfo>((resolve) => {
    lose = resolve;
  });
  const gpu = { device: { lost }, maxBindingBytes: 128 << 20, vendor: 'test', name: 'scripted' };
  return { gpu: gpu as never, lose: () => lose({ reason: 'unknown', message: 'gone' } as GPUDeviceLostInfo) };
}

/** Parts of an engine with a scripted runner and a real package; overrides replace single parts. */
export function scriptedParts(overrides: Partial<EngineParts> = {}) {
  const runners: ScriptedRunner[] = [];
  const gpus: ReturnType<typeof scriptedGpu>[] = [];
  const parts: EngineParts = {
    async openGpu() {
      const gpu = scriptedGpu();
      gpus.push(gpu);
      return gpu.gpu;
    },
    async openPackage(_record, report) {
      report({ phase: 'download', bytesDone: 1, bytesTotal: 2, file: 'a.bin' });
      report({ phase: 'download', bytesDone: 2, bytesTotal: 2, file: 'b.bin' });
      return memoryFiles((await testPackage()).files);
    },
    async createRunner(_gpu, model, { onProgress, onPhase }) {
      onProgress?.(5, 10);
      onProgress?.(10, 10);
      onPhase?.('compile');
      onPhase?.('warmup');
      await sleep(0);
      const runner = new ScriptedRunner(model.architecture);
      runners.push(runner);
      return runner;
    },
    ...overrides,
  };
  return { parts, runners, gpus };
}
