/** Our tokenizers against an independent implementation: Hugging Face's and Google's own code, in WebAssembly. */
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { sharedPath } from '../tasks/shared-data';
import { createTokenizer, missingTokenizerJson } from './create-tokenizer';
import { randomText, readJsonFile, seededRandom, tokenizerFiles } from './test-files';

interface Reference {
  encode(text: string): Int32Array;
}
interface ReferenceClass {
  fromJSON(json: ArrayBuffer): Promise<Reference>;
  fromSentencePiece(model: ArrayBuffer): Promise<Reference>;
}

const small = sharedPath('fixtures', 'tiny-aquila2-gqa-16k');
const ziya = sharedPath('fixtures', 'tiny-ziya', 'delta');
const llama = sharedPath('tokenizers', 'llama');
const aquila = sharedPath('tokenizers', 'aquila');

/** The package is a script in module's clothing: it wants CommonJS names and leaves its exports on the global. */
async function loadReference(): Promise<ReferenceClass> {
  const globals = globalThis as Record<string, unknown>;
  globals.require = createRequire(import.meta.url);
  globals.__filename = import.meta.filename;
  globals.__dirname = import.meta.dirname;
  await import('@mlc-ai/web-tokenizers');
  return (globals.tokenizers as { Tokenizer: ReferenceClass }).Tokenizer;
}

const bufferOf = (bytes: Uint8Array) => bytes.slice().buffer as ArrayBuffer;

describe.skipIf(!small || !ziya || !llama || !aquila)('web-tokenizers agrees on random text', () => {
  let reference: ReferenceClass;
  beforeAll(async () => {
    reference = await loadReference();
  });

  async function compare(other: Reference, folder: string, seed: number, specials = false): Promise<void> {
    const ours = await createTokenizer(tokenizerFiles(folder));
    const random = seededRandom(seed);
    for (let round = 0; round < 400; round++) {
      const text = randomText(random, 25);
      expect(ours.encode(text, { specials }), JSON.stringify(text)).toEqual([...other.encode(text)]);
    }
  }

  it('byte-level BPE, small', async () => {
    const json = readJsonFile<Record<string, unknown>>(small!, 'tokenizer.json');
    const bytes = new TextEncoder().encode(
      JSON.stringify({ ...json, added_tokens: [], post_processor: null }),
    );
    await compare(await reference.fromJSON(bufferOf(bytes)), small!, 31);
  });

  it('byte-level BPE, Aquila', async () => {
    const json = {
      version: '1.0',
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      post_processor: null,
      decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: {
        type: 'BPE',
        vocab: readJsonFile(aquila!, 'vocab.json'),
        merges: new TextDecoder()
          .decode(tokenizerFiles(aquila!)['merges.txt'])
          .split('\n')
          .filter((line) => line !== '' && !line.startsWith('#version')),
      },
    };
    await compare(
      await reference.fromJSON(bufferOf(new TextEncoder().encode(JSON.stringify(json)))),
      aquila!,
      32,
    );
  });

  it('a tokenizer.json written for Aquila, special tokens included', async () => {
    const files = tokenizerFiles(aquila!);
    const bytes = new TextEncoder().encode(JSON.stringify(await missingTokenizerJson(files)));
    const other = await reference.fromJSON(bufferOf(bytes));
    await compare(other, aquila!, 35, true);
    const [ours, again] = [await createTokenizer(files), await createTokenizer({ 'tokenizer.json': bytes })];
    expect(again.specials).toEqual(ours.specials);
    const special = [...ours.specials].filter(([text]) => text !== '');
    expect(special.length).toBe(9);
    const text = special.map(([name]) => `天${name} a`).join('');
    expect([...other.encode(text)]).toEqual(ours.encode(text, { specials: true }));
    expect(again.encode(text, { specials: true })).toEqual(ours.encode(text, { specials: true }));
    expect(await missingTokenizerJson({ 'tokenizer.json': bytes, ...files })).toBeUndefined();
  });

  it.each([
    ['LLaMA', llama, 33],
    ['small, with a user-defined piece', ziya, 34],
  ])('SentencePiece, %s', async (_, folder, seed) => {
    const model = tokenizerFiles(folder!)['tokenizer.model']!;
    await compare(await reference.fromSentencePiece(bufferOf(model)), folder!, seed);
  });
});
