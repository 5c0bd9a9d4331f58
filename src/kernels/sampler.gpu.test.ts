import { afterEach, describe, expect, test } from 'vitest';
import { fromHalf, toHalf } from '../core/half';
import type { Gpu } from '../gpu/device';
import { PipelineCache } from '../gpu/pipeline-cache';
import { readBuffer, testGpu, upload } from '../gpu/test-gpu';
import { drawReference, type ReferenceDraw } from './cpu/sampler';
import type { DrawContext, DrawSettings } from './draw-settings';
import { GpuSampler, NO_TOKEN } from './sampler';
import { STATE } from './types';

/** How near a boundary, as a share of the kept mass, f32 and fixed point may decide otherwise than float64. */
const BOUNDARY = 2e-4;

const OFF: DrawSettings = {
  order: 'temperature-topk-topp',
  temperature: 1,
  topK: 0,
  topP: 1,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: new Map(),
  banned: [],
  seed: 1234,
};
const EMPTY: DrawContext = { tokens: [], generated: [] };

/** mulberry32 */
function random(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
const normal = (next: () => number) => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

const SHAPES: Record<string, (id: number, next: () => number, vocab: number) => number> = {
  peaked: (_, next) => normal(next) * 2 + (next() < 2e-4 ? 12 * next() + 4 : 0),
  normal: (_, next) => normal(next) * 2,
  flat: (_, next) => normal(next) * 0.05,
  zipf: (id, _, vocab) => -1.1 * Math.log(1 + ((id * 7919) % vocab)),
  halfTies: (_, next) => fromHalf(toHalf(normal(next) * 3)),
  farApart: (_, next) => normal(next) * 40,
  equal: () => 1.5,
};
const logitsOf = (shape: string, vocab: number, seed = 1): Float32Array<ArrayBuffer> => {
  const next = random(seed);
  return Float32Array.from({ length: vocab }, (_, id) => SHAPES[shape]!(id, next, vocab));
};

const rigs: Rig[] = [];
let pipelines: PipelineCache | undefined;
afterEach(() => {
  for (const rig of rigs.splice(0)) rig.dispose();
});

/** A sampler on buffers of its own. */
class Rig {
  private constructor(
    private readonly gpu: Gpu,
    readonly sampler: GpuSampler,
    private readonly logits: GPUBuffer,
    private readonly state: GPUBuffer,
  ) {}

  /** @param isSoftware with the sizes for such adapters; by default for the one at hand. */
  static async create(vocab: number, drawable = vocab, isSoftware?: boolean): Promise<Rig> {
    const opened = await testGpu();
    const gpu = { ...opened, isSoftware: isSoftware ?? opened.isSoftware };
    const logits = upload(gpu.device, 'logits', new Float32Array(vocab));
    const state = upload(gpu.device, 'state', new Uint32Array(STATE.sizeBytes / 4));
    pipelines ??= new PipelineCache(gpu.device);
    const sampler = await GpuSampler.create(gpu, pipelines, {
      vocab,
      drawable,
      logits,
      state,
    });
    const rig = new Rig(gpu, sampler, logits, state);
    rigs.push(rig);
    return rig;
  }

  setLogits(logits: Float32Array<ArrayBuffer>): void {
    this.gpu.device.queue.writeBuffer(this.logits, 0, logits);
  }

  setState(token: number, position: number, step: number): void {
    this.gpu.device.queue.writeBuffer(this.state, 0, Uint32Array.of(token, position, step, 77));
  }

  /** `count` draws without a write from the host in between; the ids and the state after the last. */
  async draw(count = 1): Promise<{ ids: number[]; state: number[] }> {
    const { device } = this.gpu;
    const ring = upload(device, 'ids', new Uint32Array(count).fill(NO_TOKEN));
    for (let i = 0; i < count; i++) {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      this.sampler.encode(pass);
      pass.end();
      encoder.copyBufferToBuffer(this.state, STATE.token * 4, ring, i * 4, 4);
      device.queue.submit([encoder.finish()]);
    }
    const ids = [...new Uint32Array(await readBuffer(device, ring, count * 4))];
    const state = [...new Uint32Array(await readBuffer(device, this.state, STATE.sizeBytes))];
    ring.destroy();
    return { ids, state };
  }

  async drawOnce(settings: DrawSettings, context: DrawContext, step: number): Promise<number> {
    this.sampler.configure(settings, context);
    this.setState(0, 0, step);
    return (await this.draw()).ids[0]!;
  }

  dispose(): void {
    this.sampler.dispose();
    this.logits.destroy();
    this.state.destroy();
  }
}

class Tally {
  cases = 0;
  near = 0;
  readonly wrong: string[] = [];

  add(id: number, reference: ReferenceDraw, what: unknown): void {
    this.cases++;
    if (id === reference.id) return;
    if (reference.margin < BOUNDARY) this.near++;
    else this.wrong.push(`${JSON.stringify(what)}: drew ${id}, not ${JSON.stringify(reference)}`);
  }

  check(): void {
    console.info(`${this.cases} draws, ${this.near} on a boundary, ${this.wrong.length} wrong`);
    expect(this.wrong).toEqual([]);
    // Over a flat distribution of 100,008 every neighbour is nearer than that.
    expect(this.near).toBeLessThanOrEqual(Math.ceil(this.cases * 0.1));
  }
}

const CUTS: Partial<DrawSettings>[] = [
  {},
  { temperature: 0.7, topP: 0.95 },
  { temperature: 0.8, topK: 30, topP: 0.95 },
  { temperature: 0.9, topK: 40, topP: 0.9, repetitionPenalty: 1.2 },
  { temperature: 1.5, topP: 0.99, repetitionPenalty: 1.05 },
  { temperature: 2.5, topK: 1000, topP: 0.95 },
  { topK: 1 },
  { topP: 0 },
  { temperature: 0.8, topK: 20000, topP: 0.999, presencePenalty: 0.5, frequencyPenalty: 0.3 },
  { temperature: 5, topK: 700 },
  { temperature: 0.05, topK: 50 },
  { temperature: 0 },
];
const ORDERS = ['temperature-topk-topp', 'topp-topk-temperature'] as const;

/** With the sizes for a GPU and with those for a processor. */
const createBoth = (vocab: number, drawable = vocab) =>
  Promise.all([false, true].map((isSoftware) => Rig.create(vocab, drawable, isSoftware)));

async function compare(
  rigs: readonly Rig[],
  vocab: number,
  drawable: number,
  shapes: string[],
  cuts: typeof CUTS,
  seeds: number,
) {
  const tally = new Tally();
  for (const shape of shapes) {
    const logits = logitsOf(shape, vocab);
    for (const rig of rigs) rig.setLogits(logits);
    const next = random(7);
    const tokens = Array.from({ length: 300 }, () => Math.floor(next() * vocab));
    const context = { tokens, generated: [...tokens.slice(0, 20), ...tokens.slice(0, 10)] };
    for (const order of ORDERS)
      for (const cut of cuts)
        for (let i = 0; i < seeds; i++) {
          const settings = { ...OFF, ...cut, order, seed: 1000 * i + 5 };
          const reference = drawReference(logits, settings, context, i * 17, drawable);
          for (const [index, rig] of rigs.entries()) {
            const id = await rig.drawOnce(settings, context, i * 17);
            tally.add(id, reference, { shape, order, ...cut, i, sizes: index });
          }
        }
  }
  tally.check();
}

describe('against float64', () => {
  test('small vocabulary, every shape and setting', async () => {
    await compare(await createBoth(776), 776, 776, Object.keys(SHAPES), CUTS, 2);
  });

  test('padding rows at the end are never drawn', async () => {
    const rigs = await createBoth(39_424, 39_410);
    await compare(rigs, 39_424, 39_410, ['peaked', 'equal'], CUTS.slice(0, 5), 1);
    const logits = logitsOf('normal', 39_424).fill(50, 39_410);
    for (const rig of rigs) {
      rig.setLogits(logits);
      for (const temperature of [0, 1, 3])
        expect(await rig.drawOnce({ ...OFF, temperature }, EMPTY, 3)).toBeLessThan(39_410);
    }
  });

  test('the vocabularies of Aquila', async () => {
    const cuts = [CUTS[2]!, CUTS[4]!, CUTS[5]!, CUTS[8]!];
    await compare(await createBoth(100_008), 100_008, 100_008, Object.keys(SHAPES), cuts, 1);
    await compare(await createBoth(143_973), 143_973, 143_973, ['peaked', 'equal'], cuts.slice(0, 1), 1);
  });

  test('wide spreads and odd sizes', async () => {
    for (const vocab of [1, 2, 5, 257]) {
      const rigs = await createBoth(vocab);
      await compare(rigs, vocab, vocab, ['normal', 'farApart'], CUTS, 2);
    }
  });
});

describe('what a draw looks at', () => {
  const vocab = 64;

  test('repetition penalty divides positive and multiplies negative logits of all seen tokens', async () => {
    const rig = await Rig.create(vocab);
    const logits = new Float32Array(vocab).fill(-9);
    logits.set([4, 3, -1], 0);
    rig.setLogits(logits);
    const greedy = { ...OFF, temperature: 0 };
    expect(await rig.drawOnce(greedy, { tokens: [0], generated: [] }, 0)).toBe(0);
    const penalised = { ...greedy, repetitionPenalty: 2 };
    expect(await rig.drawOnce(penalised, { tokens: [0], generated: [] }, 0)).toBe(1);
    logits.set([-3, -4, -1], 0);
    rig.setLogits(logits);
    expect(
      await rig.drawOnce({ ...penalised, repetitionPenalty: 4 }, { tokens: [2], generated: [] }, 0),
    ).toBe(0);
    expect(
      await rig.drawOnce({ ...penalised, repetitionPenalty: 4 }, { tokens: [], generated: [2] }, 0),
    ).toBe(0);
  });

  test('presence and frequency penalties count this answer only', async () => {
    const rig = await Rig.create(vocab);
    const logits = new Float32Array(vocab).fill(-9);
    logits.set([4, 3], 0);
    rig.setLogits(logits);
    const presence = { ...OFF, temperature: 0, presencePenalty: 1.5 };
    expect(await rig.drawOnce(presence, { tokens: [0], generated: [] }, 0)).toBe(0);
    expect(await rig.drawOnce(presence, { tokens: [0], generated: [0] }, 0)).toBe(1);
    const frequency = { ...OFF, temperature: 0, frequencyPenalty: 0.6 };
    expect(await rig.drawOnce(frequency, { tokens: [], generated: [0] }, 0)).toBe(0);
    expect(await rig.drawOnce(frequency, { tokens: [], generated: [0, 0] }, 0)).toBe(1);
  });

  test('bias, bans and values that are no numbers', async () => {
    const rig = await Rig.create(vocab);
    const logits = new Float32Array(vocab).fill(-9);
    logits.set([4, 3, 2, Number.NaN, Number.NEGATIVE_INFINITY], 0);
    rig.setLogits(logits);
    const greedy = { ...OFF, temperature: 0 };
    expect(await rig.drawOnce({ ...greedy, logitBias: new Map([[2, 2.5]]) }, EMPTY, 0)).toBe(2);
    expect(await rig.drawOnce({ ...greedy, logitBias: new Map([[0, -1.5]]) }, EMPTY, 0)).toBe(1);
    expect(await rig.drawOnce({ ...greedy, banned: [0, 1] }, EMPTY, 0)).toBe(2);
    const banned = Array.from({ length: vocab - 3 }, (_, i) => (i < 2 ? i : i + 3));
    for (let step = 0; step < 5; step++)
      expect(await rig.drawOnce({ ...OFF, temperature: 50, banned }, EMPTY, step)).toBe(2);
    const none = logits.slice().fill(Number.NaN);
    none[7] = Number.NEGATIVE_INFINITY;
    rig.setLogits(none);
    expect(await rig.drawOnce(greedy, EMPTY, 0)).toBe(NO_TOKEN);
    expect(await rig.drawOnce({ ...OFF, topK: 3, topP: 0.5 }, EMPTY, 0)).toBe(NO_TOKEN);
    none[9] = Number.POSITIVE_INFINITY;
    rig.setLogits(none);
    expect(await rig.drawOnce(OFF, EMPTY, 0)).toBe(9);
  });

  test('greedy ties go to the lowest id', async () => {
    const rig = await Rig.create(100_008);
    const logits = logitsOf('flat', 100_008);
    for (const id of [99_999, 70_003, 16_384, 16_385]) logits[id] = 9;
    rig.setLogits(logits);
    expect(await rig.drawOnce({ ...OFF, temperature: 0 }, EMPTY, 0)).toBe(16_384);
    expect(await rig.drawOnce({ ...OFF, topK: 1, banned: [16_384, 16_385, 99_999] }, EMPTY, 0)).toBe(70_003);
  });

  test('settings without a meaning are refused', async () => {
    const rig = await Rig.create(vocab);
    for (const wrong of [
      { temperature: Number.NaN },
      { temperature: -1 },
      { topP: 1.1 },
      { topK: -1 },
      { repetitionPenalty: 0 },
      { logitBias: new Map([[1, Number.NaN]]) },
      { logitBias: new Map([[vocab, 1]]) },
      { banned: [-1] },
    ])
      expect(() => rig.sampler.configure({ ...OFF, ...wrong }, EMPTY)).toThrow('parameter-out-of-range');
    expect(() => rig.sampler.configure(OFF, { tokens: [vocab], generated: [] })).toThrow(
      'parameter-out-of-range',
    );
  });
});

describe('many draws', () => {
  test('need no write from the host, count what they draw and repeat with the seed', async () => {
    const vocab = 776;
    const rig = await Rig.create(vocab);
    const logits = logitsOf('normal', vocab, 3);
    rig.setLogits(logits);
    const settings = { ...OFF, temperature: 0.9, topK: 60, repetitionPenalty: 1.1, frequencyPenalty: 0.4 };
    const prompt = [5, 6, 7];
    const run = async () => {
      rig.sampler.configure(settings, { tokens: prompt, generated: [] });
      rig.setState(9, 100, 4);
      return rig.draw(40);
    };
    const first = await run();
    expect(first.state).toEqual([first.ids[39], 140, 44, 77]);
    const tally = new Tally();
    first.ids.forEach((id, i) => {
      const generated = first.ids.slice(0, i);
      tally.add(id, drawReference(logits, settings, { tokens: prompt, generated }, 4 + i), { i });
    });
    tally.check();
    expect(await run()).toEqual(first);
  });

  test('follow the distribution', async () => {
    const vocab = 12;
    const rig = await Rig.create(vocab);
    const logits = Float32Array.from({ length: vocab }, (_, id) => -0.4 * ((id * 5) % vocab));
    rig.setLogits(logits);
    rig.sampler.configure({ ...OFF, temperature: 1.3, seed: 2 ** 40 + 3 }, EMPTY);
    rig.setState(0, 0, 0);
    const draws = 1500;
    const { ids } = await rig.draw(draws);
    const masses = Array.from(logits, (logit) => Math.exp(logit / 1.3));
    const total = masses.reduce((a, b) => a + b);
    let chiSquare = 0;
    masses.forEach((mass, id) => {
      const expected = (draws * mass) / total;
      chiSquare += (ids.filter((drawn) => drawn === id).length - expected) ** 2 / expected;
    });
    expect(chiSquare).toBeLessThan(31.3); // 11 degrees of freedom, one in a thousand
  });

  test('thrown away can be taken back', async () => {
    const vocab = 8;
    const rig = await Rig.create(vocab);
    rig.setLogits(Float32Array.of(4, 3.5, 0, 0, 0, 0, 0, 0));
    const settings = { ...OFF, temperature: 0, frequencyPenalty: 1 };
    rig.sampler.configure(settings, EMPTY);
    const expected = [0, 1, 0, 1];
    expect((await rig.draw(4)).ids).toEqual(expected);
    rig.sampler.uncount([1, 0, 1, 0, 3]);
    expect((await rig.draw(4)).ids).toEqual(expected);
    rig.sampler.uncount([...Array(70).fill(0), 1]);
    expect((await rig.draw(3)).ids).toEqual([0, 0, 1]);
  });
});
