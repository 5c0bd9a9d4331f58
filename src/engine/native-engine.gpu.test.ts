/** The whole engine on a real adapter: messages in, the golden text of a tiny trained model out. */
import { readFileSync } from 'node:fs';
import type { ChatCompletionMessageParam } from '@mlc-ai/web-llm';
import { describe, expect, test } from 'vitest';
import { folderFiles } from '../cli/folder-files';
import { convertModel } from '../convert/convert-model';
import { MemoryPlace } from '../convert/test-sink';
import { testGpu } from '../gpu/test-gpu';
import { memoryFiles } from '../models/test-package';
import { sharedPath } from '../tasks/shared-data';
import { NativeEngine } from './native-engine';
import { createRunner } from './runner';

interface GreedyCase {
  readonly messages: ChatCompletionMessageParam[];
  readonly q4f16_1: { readonly text: string };
}

const FIXTURE = sharedPath('fixtures', 'tiny-aquila2-gqa-16k');

async function loadedEngine(folder: string): Promise<NativeEngine> {
  const place = new MemoryPlace();
  await convertModel({
    source: folderFiles(folder),
    quantization: 'q4f16_1',
    sink: place.open(),
    about: { name: 'tiny-aquila2-gqa-16k', licence: '' },
  });
  const engine = new NativeEngine({
    openGpu: () => testGpu(),
    openPackage: async () => memoryFiles(place.finished!),
    createRunner,
  });
  engine.setAppConfig({ model_list: [{ model_id: 'tiny', model: '', model_lib: '' }] });
  await engine.reload('tiny', { context_window_size: 1024 });
  return engine;
}

describe.skipIf(!FIXTURE)('NativeEngine on a real adapter', () => {
  test('gives the golden answers, also after an interrupted one, and keeps common prefixes', async () => {
    const { greedy } = JSON.parse(readFileSync(`${FIXTURE}/golden.json`, 'utf8')) as { greedy: GreedyCase[] };
    const engine = await loadedEngine(FIXTURE!);
    const ask = (messages: ChatCompletionMessageParam[]) =>
      engine.chatCompletion({ messages, temperature: 0, max_tokens: 60 });
    for (const { messages, q4f16_1 } of greedy.slice(0, 4)) {
      const answer = await ask(messages);
      // The space that the model writes after `###Assistant:` is not part of the answer.
      expect(answer.choices[0]!.message.content).toBe(q4f16_1.text.replace(/^ /, ''));
      expect(answer.choices[0]!.finish_reason).toBe('stop');
    }

    const [first, second] = greedy;
    const stream = await engine.chatCompletion({ messages: second!.messages, temperature: 0, stream: true });
    for await (const _ of stream) break;
    const again = await ask(first!.messages);
    expect(again.choices[0]!.message.content).toBe(first!.q4f16_1.text.replace(/^ /, ''));
    // Both prompts begin with the same system text.
    expect(again.usage!.extra).toMatchObject({ reused_tokens: expect.any(Number) });
    expect((again.usage!.extra as unknown as { reused_tokens: number }).reused_tokens).toBeGreaterThan(50);

    const drawn = async (seed: number) => {
      const sampling = { temperature: 2, top_p: 1, top_k: 0, seed, max_tokens: 12 };
      const answer = await engine.chatCompletion({ messages: first!.messages, ...sampling });
      return answer.choices[0]!.message.content;
    };
    expect(await drawn(7)).toBe(await drawn(7));
    expect(engine.memory()!.weightsBytes).toBeGreaterThan(0);
    await engine.unload();
  });
});
