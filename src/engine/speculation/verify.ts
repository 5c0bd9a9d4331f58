/**
 * Checks a guess in one pass: the last token and the draft go through all layers side by side, and the sampler
 * draws from each column's logits in turn. It counts its own draws and numbers them, so the first column's draw is
 * what the plain loop would draw, and every further one too as long as all draws before it were what the draft
 * said. The first that differs is still a good token; those behind it stand on a text that never was. They are
 * taken back from the counts and from the numbering, and their keys and values are overwritten by what comes next.
 * So an answer is the one that the plain loop would give, greedy or drawn with a seed, penalties included.
 *
 * One thing may differ: the kernels for several columns add up in another order than those for one, so logits
 * agree to about 2e-6 of the largest and not to the last bit. Where two tokens are as close as that, either may
 * come out; the same is true of a prompt that is fed in other chunks.
 */
import { AppError } from '../../core/errors';
import type { Gpu } from '../../gpu/device';
import { logitsStride } from '../../kernels/prefill/layer-steps';
import type { PrefillPass } from '../../kernels/prefill/prefill-pass';
import { type GpuSampler, NO_TOKEN } from '../../kernels/sampler';
import { STATE } from '../../kernels/types';
import { TokenPace } from '../pace';
import { ReadRing } from '../read-ring';
import { DRAFT_TOKENS } from './draft';

const COLUMNS = DRAFT_TOKENS + 1;

export interface VerifierParts {
  readonly device: GPUDevice;
  readonly gpu: Pick<Gpu, 'isSoftware'>;
  readonly layers: number;
  readonly vocab: number;
  /** Made with `columnLogits`. */
  readonly prefill: PrefillPass;
  readonly sampler: GpuSampler;
  /** STATE, as the plain loop left it: the last token, its position, the number of the next draw. */
  readonly state: GPUBuffer;
  /** f32 [vocab], what the sampler draws from. */
  readonly logits: GPUBuffer;
}

export class Verifier {
  private readonly ring: ReadRing;
  /** u32 [COLUMNS] */
  private readonly draws: GPUBuffer;
  private readonly pace: TokenPace;

  constructor(private readonly parts: VerifierParts) {
    const { device } = parts;
    this.pace = new TokenPace(parts.gpu);
    this.ring = new ReadRing(device, COLUMNS * 4, 2);
    const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    this.draws = device.createBuffer({ label: 'draws', size: COLUMNS * 4, usage });
  }

  /** GPU memory held, in bytes. */
  get bytes(): number {
    return this.ring.bytes + this.draws.size;
  }

  /**
   * Feeds `last` at `position` and `draft` behind it, and draws once for each. The cache must have room for them,
   * nothing may be in flight, and `settle` must follow before anything else is drawn. Resolves when all is
   * submitted; `draws`, u32 [COLUMNS], are there when it is done.
   */
  async submit(
    last: number,
    draft: readonly number[],
    position: number,
  ): Promise<{ draws: Promise<Uint32Array> }> {
    const { device, layers, prefill } = this.parts;
    const slot = await this.ring.take();
    const startedAt = performance.now();
    prefill.begin([last, ...draft], position);
    const parts = this.pace.submits(layers);
    for (let part = 0; part < parts - 1; part++) {
      const encoder = device.createCommandEncoder({ label: 'verify' });
      prefill.encodeLayers(encoder, firstLayer(part, parts, layers), firstLayer(part + 1, parts, layers));
      device.queue.submit([encoder.finish()]);
    }
    const encoder = device.createCommandEncoder({ label: 'verify' });
    prefill.encodeLayers(encoder, firstLayer(parts - 1, parts, layers), layers);
    prefill.encodeLogits(encoder);
    for (let column = 0; column <= draft.length; column++) this.encodeDraw(encoder, column);
    slot.copyFrom(encoder, this.draws);
    device.queue.submit([encoder.finish()]);
    const draws = slot.read().then((words) => {
      this.pace.report(performance.now() - startedAt);
      return words;
    });
    return { draws };
  }

  /**
   * The good ones of `draws`: as many tokens of the draft as came true, and one more. Leaves sampler and state as if
   * they had been drawn one by one.
   * @param step number of the first draw
   * @throws AppError `internal` when no token can be drawn.
   */
  settle(draft: readonly number[], draws: Uint32Array, position: number, step: number): number[] {
    const { device, sampler, state } = this.parts;
    let accepted = 0;
    while (accepted < draft.length && draws[accepted] === draft[accepted]) accepted += 1;
    const good = [...draws.subarray(0, accepted + 1)];
    if (good.at(-1) === NO_TOKEN)
      throw new AppError('internal', { message: 'no token can be drawn from these logits' });
    if (accepted < draft.length) {
      sampler.uncount([...draws.subarray(accepted + 1, draft.length + 1)]);
      const next = new Uint32Array(STATE.sizeBytes / 4);
      next[STATE.token] = good.at(-1)!;
      next[STATE.position] = position + good.length;
      next[STATE.step] = step + good.length;
      device.queue.writeBuffer(state, 0, next);
    }
    return good;
  }

  dispose(): void {
    this.ring.destroy();
    this.draws.destroy();
  }

  private encodeDraw(encoder: GPUCommandEncoder, column: number): void {
    const { vocab, prefill, sampler, state, logits } = this.parts;
    const rowBytes = logitsStride({ vocab }) * 4;
    encoder.copyBufferToBuffer(prefill.columnLogits!, column * rowBytes, logits, 0, vocab * 4);
    const pass = encoder.beginComputePass({ label: 'draw' });
    sampler.encode(pass);
    pass.end();
    encoder.copyBufferToBuffer(state, STATE.token * 4, this.draws, column * 4, 4);
  }
}

function firstLayer(part: number, parts: number, layers: number): number {
  return Math.floor((part * layers) / parts);
}
