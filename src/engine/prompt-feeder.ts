/**
 * Feeds known tokens: in chunks through the matrix kernels, or a few through the decode kernels. Every submit is
 * waited for, so that an abort takes effect soon and the pace is known.
 */
import { AppError } from '../core/errors';
import type { PrefillPass } from '../kernels/prefill/prefill-pass';
import type { Decoder } from './decode';
import type { DeviceWatch } from './device-watch';
import type { KvCache } from './kv-cache';
import { ChunkPace } from './pace';

export interface FeederParts {
  readonly device: GPUDevice;
  readonly watch: DeviceWatch;
  readonly layers: number;
  readonly kv: KvCache;
  readonly decoder: Decoder;
  readonly prefill: PrefillPass;
  /** STATE */
  readonly state: GPUBuffer;
}

/** Up to this many tokens a tile of the matrix kernels would be nearly empty. */
const FEW = 4;

export class PromptFeeder {
  private readonly pace: ChunkPace;

  constructor(private readonly parts: FeederParts) {
    this.pace = new ChunkPace(parts.prefill.maxChunk);
  }

  /** Room for `positions` in the cache; throws AppError `out-of-gpu-memory`. */
  async ensureCapacity(positions: number): Promise<void> {
    const { kv, decoder, prefill } = this.parts;
    if (!(await kv.ensure(positions))) return;
    await decoder.bindCache();
    await prefill.setCache(kv.buffers, kv.rope);
  }

  /**
   * Keys and values of `ids` at positions start, start + 1, ..., and the logits of the last one. `onFed` is told
   * after every chunk how many tokens are done. Throws AppError `aborted`, `device-lost`, `out-of-gpu-memory`.
   */
  async feed(
    ids: readonly number[],
    start: number,
    onFed: (count: number) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    for (let done = 0; done < ids.length; ) {
      checkAborted(signal);
      const isFew = ids.length - done <= FEW;
      const chunk = ids.slice(done, done + (isFew ? FEW : this.pace.size));
      const isLast = done + chunk.length === ids.length;
      await this.ensureCapacity(start + done + chunk.length);
      if (isFew) await this.feedFew(chunk, start + done, isLast);
      else await this.feedChunk(chunk, start + done, isLast, signal);
      done += chunk.length;
      onFed(done);
    }
  }

  private async feedChunk(
    ids: readonly number[],
    start: number,
    withHead: boolean,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { device, watch, prefill, decoder, layers } = this.parts;
    const startedAt = performance.now();
    prefill.begin(ids, start);
    const submits = this.pace.submits(ids.length, layers);
    for (let part = 0; part < submits; part++) {
      checkAborted(signal);
      const encoder = device.createCommandEncoder({ label: 'prefill' });
      const to = Math.floor(((part + 1) * layers) / submits);
      prefill.encodeLayers(encoder, Math.floor((part * layers) / submits), to);
      if (withHead && part === submits - 1) {
        const pass = encoder.beginComputePass({ label: 'head' });
        decoder.encodeHead(pass);
        pass.end();
      }
      device.queue.submit([encoder.finish()]);
      await watch.guard(device.queue.onSubmittedWorkDone());
    }
    this.pace.report(ids.length, performance.now() - startedAt);
  }

  private async feedFew(ids: readonly number[], start: number, withHead: boolean): Promise<void> {
    const { device, watch, decoder, layers, state } = this.parts;
    for (const [index, id] of ids.entries()) {
      const position = start + index;
      device.queue.writeBuffer(state, 0, Uint32Array.of(id, position, 0, 0));
      const encoder = device.createCommandEncoder({ label: 'token' });
      const pass = encoder.beginComputePass({ label: 'token' });
      decoder.encodeLayers(pass, position, 0, layers);
      if (withHead && index === ids.length - 1) decoder.encodeHead(pass);
      pass.end();
      device.queue.submit([encoder.finish()]);
      await watch.guard(device.queue.onSubmittedWorkDone());
    }
  }
}

function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AppError('aborted');
}
