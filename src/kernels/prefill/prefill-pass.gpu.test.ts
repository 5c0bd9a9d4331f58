import { describe, expect, it } from 'vitest';
import { PipelineCache } from '../../gpu/pipeline-cache';
import { readBuffer, testGpu, upload } from '../../gpu/test-gpu';
import type { Architecture } from '../../models/architecture';
import { CpuModel } from '../cpu/forward';
import type { GemvMath } from '../decode-tuning';
import { FORMATS, normal, randomMatrix, worstError } from '../test-kernels';
import type { WeightFormat } from '../types';
import { logitsStride, MAX_COLUMNS } from './layer-steps';
import { PrefillPass } from './prefill-pass';
import { F16 } from './test-prefill';

const SHAPE: Architecture = {
  layers: 3,
  hidden: 96,
  heads: 6,
  kvHeads: 2,
  headDim: 32,
  intermediate: 160,
  vocab: 77,
  normEps: 1e-5,
  ropeTheta: 10000,
  ropeFactor: 1,
  tiedEmbedding: false,
  contextLength: 200,
  quantization: 'q4f16_1',
};
const CAPACITY = 150;

function ropeOf({ headDim, ropeTheta }: Architecture, positions: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: positions * headDim }, (_, i) => {
    const angle = Math.floor(i / headDim) * ropeTheta ** (-(((i % headDim) >> 1) * 2) / headDim);
    return i % 2 ? Math.sin(angle) : Math.cos(angle);
  });
}

async function build(
  options: (typeof F16)[number],
  format: WeightFormat,
  maxChunk: number,
  math: GemvMath = 'f32',
) {
  const a = SHAPE;
  const gpu = await testGpu(options);
  let seed = 1;
  const matrix = (rows: number, cols: number, cuts: number[] = []) => {
    const made = randomMatrix(gpu, format, rows, cols, seed++, cuts);
    return made;
  };
  const norm = () => {
    const values = normal(seed++, a.hidden, 0.2).map((value) => value + 1);
    return { values, buffer: upload(gpu.device, 'norm', values) };
  };
  const embedding = matrix(a.vocab, a.hidden, [40]);
  const layers = Array.from({ length: a.layers }, () => ({
    attentionNorm: norm(),
    qkv: matrix((a.heads + 2 * a.kvHeads) * a.headDim, a.hidden, [64]),
    output: matrix(a.hidden, a.heads * a.headDim),
    feedForwardNorm: norm(),
    gateUp: matrix(2 * a.intermediate, a.hidden, [128, 256]),
    down: matrix(a.hidden, a.intermediate),
  }));
  const finalNorm = norm();
  const rope = ropeOf(a, CAPACITY);
  const weights = {
    embedding: embedding.matrix,
    head: embedding.matrix,
    finalNorm: finalNorm.buffer,
    layers: layers.map((layer) => ({
      attentionNorm: layer.attentionNorm.buffer,
      qkv: layer.qkv.matrix,
      output: layer.output.matrix,
      feedForwardNorm: layer.feedForwardNorm.buffer,
      gateUp: layer.gateUp.matrix,
      down: layer.down.matrix,
    })),
  };
  const cpu = new CpuModel(
    a,
    {
      embedding: embedding.values,
      head: embedding.values,
      finalNorm: finalNorm.values,
      layers: layers.map((layer) => ({
        attentionNorm: layer.attentionNorm.values,
        qkv: layer.qkv.values,
        output: layer.output.values,
        feedForwardNorm: layer.feedForwardNorm.values,
        gateUp: layer.gateUp.values,
        down: layer.down.values,
      })),
    },
    rope,
    CAPACITY,
  );
  const memory = {
    create: async (label: string, size: number, usage: number) =>
      gpu.device.createBuffer({ label, size, usage }),
  };
  const pass = await PrefillPass.create({ gpu, pipelines: new PipelineCache(gpu.device) }, a, weights, {
    maxChunk,
    memory,
    columnLogits: true,
    math,
  });
  const cacheBytes = new Uint16Array(a.kvHeads * CAPACITY * a.headDim).fill(0x7e00);
  const kv = {
    format: 'f16' as const,
    capacity: CAPACITY,
    layers: layers.map(() => ({
      k: upload(gpu.device, 'k', cacheBytes),
      v: upload(gpu.device, 'v', cacheBytes),
    })),
  };
  await pass.setCache(kv, upload(gpu.device, 'rope', rope));
  return { gpu, pass, cpu };
}

describe.each(F16)('the whole stack on a device with %o', (options) => {
  it.for(FORMATS)('%s: agrees with float64 chunk after chunk', async (format, { skip }) => {
    const { features } = await testGpu();
    if (options.f16 === false && !features.f16) skip('the adapter has no f16: the same as above');
    const { gpu, pass, cpu } = await build(options, format, 70);
    const ids = Array.from({ length: 105 }, (_, i) => (i * 31 + 7) % SHAPE.vocab);
    let start = 0;
    for (const tokens of [1, 33, 3, 60, 8]) {
      const chunk = ids.slice(start, start + tokens);
      const encoder = gpu.device.createCommandEncoder();
      if (tokens === 33) {
        // Layer by layer, each in a submit of its own.
        pass.begin(chunk, start);
        for (let layer = 0; layer < SHAPE.layers; layer++) {
          const part = gpu.device.createCommandEncoder();
          pass.encodeLayers(part, layer, layer + 1);
          gpu.device.queue.submit([part.finish()]);
        }
      } else pass.encode(encoder, chunk, start);
      if (tokens <= MAX_COLUMNS) pass.encodeLogits(encoder);
      gpu.device.queue.submit([encoder.finish()]);
      const hidden = cpu.feed(chunk, start);
      const expected = hidden.slice(-SHAPE.hidden);
      const found = new Float32Array(await readBuffer(gpu.device, pass.lastHidden));
      expect(worstError(found, expected), `${tokens} tokens at ${start}`).toBeLessThan(2e-3);
      if (tokens <= MAX_COLUMNS) {
        const logits = new Float32Array(await readBuffer(gpu.device, pass.columnLogits!));
        const stride = logitsStride(SHAPE);
        for (let token = 0; token < tokens; token++) {
          const row = logits.subarray(token * stride, token * stride + SHAPE.vocab);
          const wanted = cpu.logits(hidden.slice(token * SHAPE.hidden, (token + 1) * SHAPE.hidden));
          expect(worstError(row, wanted), `logits ${token} of ${tokens}`).toBeLessThan(2e-3);
        }
      }
      start += tokens;
    }
  });
});

it('agrees with float64 to the noise of 8 bits where activations are integers', async () => {
  const { gpu, pass, cpu } = await build({}, 'q4f16', 70, 'int8');
  let start = 0;
  for (const tokens of [40, 5]) {
    const chunk = Array.from({ length: tokens }, (_, i) => (i * 31 + 7) % SHAPE.vocab);
    const encoder = gpu.device.createCommandEncoder();
    pass.encode(encoder, chunk, start);
    gpu.device.queue.submit([encoder.finish()]);
    const expected = cpu.feed(chunk, start).slice(-SHAPE.hidden);
    const error = worstError(new Float32Array(await readBuffer(gpu.device, pass.lastHidden)), expected);
    expect(error, `${tokens} tokens`).toBeLessThan(0.1);
    expect(error, 'integers were used').toBeGreaterThan(2e-3);
    start += tokens;
  }
});

it('refuses what it cannot run and keeps chunks within a binding', async () => {
  const { pass } = await build({}, 'q4f16', 8);
  expect(pass.maxChunk).toBe(8);
  expect(() => pass.begin([], 0)).toThrow('internal');
  expect(() => pass.begin(new Array(9).fill(1), 0)).toThrow('internal');
  expect(() => pass.begin([1], CAPACITY)).toThrow('internal');
  expect(() => pass.begin([SHAPE.vocab], 0)).toThrow('parameter-out-of-range');
  const narrow = await build({ maxBindingBytes: 4 * 320 * 5 }, 'q4f16', 64);
  expect(narrow.pass.maxChunk).toBe(5);
});
