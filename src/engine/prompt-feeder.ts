/**
 * Feeds known tokens, chunk by chunk through the matrix kernels; a single one goes as a token of the answer does. Two
 * submits are in flight, so that the GPU has its next work while the last one is being reported.
 */
import { AppError } from '../core/errors';
import type { Gpu } from '../gpu/device';
import { MAX_COLUMNS } from '../kernels/prefill/layer-steps';
import type { PrefillPass } from '../kernels/prefill/prefill-pass';
import type { Decoder } from './decode';
import type { DeviceWatch } from './device-watch';
import { ChunkPace } from './pace';

export interface FeederParts {
  readonly gpu: Pick<Gpu, 'device' | 'isSoftware'>;
  readonly watch: DeviceWatch;
  readonly layers: number;
  readonly decoder: Decoder;
  readonly prefill: PrefillPass;
  /** STATE */
  readonly state: GPUBuffer;
}

/** Submits on their way to the GPU. */
const IN_FLIGHT = 2;

export class PromptFeeder {
  private readonly pace: ChunkPace;
  /** Resolve in order, each when its submit is done. */
  private readonly flights: Promise<void>[] = [];
  /** When the GPU was last seen to finish a submit. */
  private doneAt = 0;

  constructor(private readonly parts: FeederParts) {
    const { gpu, layers, prefill } = parts;
    const { isSoftware } = gpu;
    this.pace = new ChunkPace({ isSoftware, layers, most: prefill.maxChunk, few: MAX_COLUMNS });
  }

  /**
   * Keys and values of `ids` at positions start, start + 1, ..., and the logits of the last one. `onFed` is told after
   * every chunk how many tokens the GPU has been given; all are done when this resolves. The cache must have room.
   * Throws AppError `aborted`, `device-lost`.
   */
  async feed(
    ids: readonly number[],
    start: number,
    onFed: (count: number) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    try {
      for (let done = 0; done < ids.length; ) {
        const chunk = ids.slice(done, done + this.pace.size);
        const isLast = done + chunk.length === ids.length;
        if (chunk.length === 1) await this.feedOne(chunk[0]!, start + done, isLast, signal);
        else await this.feedChunk(chunk, start + done, isLast, signal);
        done += chunk.length;
        onFed(done);
      }
    } finally {
      while (this.flights.length > 0) await this.parts.watch.guard(this.flights.shift()!);
    }
  }

  private async feedChunk(
    ids: readonly number[],
    start: number,
    withHead: boolean,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { prefill, decoder, layers } = this.parts;
    let from = 0;
    for (const to of this.pace.cuts(ids.length)) {
      await this.submit('prefill', signal, to - from, ids.length, (encoder) => {
        if (from === 0) prefill.begin(ids, start);
        prefill.encodeLayers(encoder, from, to);
        if (!withHead || to < layers) return;
        const pass = encoder.beginComputePass({ label: 'head' });
        decoder.encodeHead(pass);
        pass.end();
      });
      from = to;
    }
  }

  private async feedOne(
    id: number,
    position: number,
    withHead: boolean,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { gpu, decoder, layers, state } = this.parts;
    let from = 0;
    for (const to of this.pace.cuts(1)) {
      await this.submit('token', signal, to - from, 1, (encoder) => {
        if (from === 0) gpu.device.queue.writeBuffer(state, 0, Uint32Array.of(id, position, 0, 0));
        const pass = encoder.beginComputePass({ label: 'token' });
        decoder.encodeLayers(pass, position, from, to);
        if (withHead && to === layers) decoder.encodeHead(pass);
        pass.end();
      });
      from = to;
    }
  }

  /** Waits for a free place, submits, and lets the pace know how long it took once it is done. */
  private async submit(
    label: string,
    signal: AbortSignal | undefined,
    layers: number,
    tokens: number,
    encode: (encoder: GPUCommandEncoder) => void,
  ): Promise<void> {
    const { gpu, watch } = this.parts;
    while (this.flights.length >= IN_FLIGHT) await watch.guard(this.flights.shift()!);
    if (signal?.aborted) throw new AppError('aborted');
    watch.check();
    const encoder = gpu.device.createCommandEncoder({ label });
    encode(encoder);
    gpu.device.queue.submit([encoder.finish()]);
    const submittedAt = performance.now();
    const flight = gpu.device.queue.onSubmittedWorkDone().then(() => {
      const now = performance.now();
      this.pace.report(tokens, layers, now - Math.max(submittedAt, this.doneAt));
      this.doneAt = now;
    });
    // Whoever waits for it is told; without one a lost device must not count as an error nobody handles.
    flight.catch(() => {});
    this.flights.push(flight);
  }
}
