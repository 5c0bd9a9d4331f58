import { readFileSync } from 'node:fs';
import { it } from 'vitest';
import { folderFiles } from '../cli/folder-files';
import { testGpu } from '../gpu/test-gpu';
import { openPackage } from '../models/package';
import { createRunner } from './runner';

const greedy = { order: 'temperature-topk-topp', temperature: 0, topK: 0, topP: 1, repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 0, logitBias: new Map(), banned: [], seed: 1, topLogprobs: undefined } as const;
it('smoke', async () => {
  const gpu = await testGpu();
  console.log(gpu.name, gpu.features);
  const dir = '/work/shared/fixtures/tiny-aquila2-gqa-16k';
  const golden = JSON.parse(readFileSync(dir + '/golden.json', 'utf8'));
  const f32 = readFileSync(dir + '/golden-logits.f32');
  const pkg = await openPackage(folderFiles('/tmp/pk/tiny-aquila2-gqa-16k-q4f16_1'));
  const runner = await createRunner(gpu, pkg);
  for (const c of golden.logits) {
    if (c.ids.length > 800) continue;
    runner.truncate(0);
    await runner.prefill(c.ids);
    const l = await runner.readLogits();
    const want = new Float32Array(f32.buffer, f32.byteOffset + c.offset, c.count);
    let a = 0, b = 0; for (let i = 0; i < c.count; i++) { a += (l[i]! - want[i]!) ** 2; b += want[i]! ** 2; }
    console.log(c.ids.length, 'rel', Math.sqrt(a / b), l.slice(0, 4), want.slice(0, 4));
  }
  for (const c of golden.greedy) {
    runner.truncate(0);
    await runner.prefill(c.input_ids);
    const out: number[] = [];
    for await (const t of runner.generate({ sampler: greedy, maxTokens: 40, stopIds: new Set(golden.eos_ids) })) out.push(t.id);
    console.log(out.join(), c.q4f16_1.output_ids.join());
  }
  console.log(runner.timing(), runner.memory(), runner.dispatchesPerToken);
});
