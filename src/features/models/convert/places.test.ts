import { describe, expect, it } from 'vitest';
import { NO_PLACE, parsePlace, sourceOf } from './places';

const hf = (repo: string, revision = 'main') => ({ kind: 'hugging-face', repo, revision });
const modelscope = (repo: string, revision = 'master') => ({ kind: 'modelscope', repo, revision });

describe('parsePlace', () => {
  it.each([
    ['BAAI/Aquila-7B', hf('BAAI/Aquila-7B')],
    [' hf:BAAI/Aquila-7B@37c5550 ', hf('BAAI/Aquila-7B', '37c5550')],
    ['hf:a/b@refs/pr/1', hf('a/b', 'refs/pr/1')],
    ['modelscope:BAAI/AquilaChat2-34B', modelscope('BAAI/AquilaChat2-34B')],
    ['https://huggingface.co/BAAI/Aquila-7B', hf('BAAI/Aquila-7B')],
    ['https://huggingface.co/BAAI/Aquila-7B/tree/main', hf('BAAI/Aquila-7B')],
    [
      'https://modelscope.cn/models/Fengshenbang/Ziya-LLaMA-13B-v1',
      modelscope('Fengshenbang/Ziya-LLaMA-13B-v1'),
    ],
    ['https://www.modelscope.cn/models/a/b/files', modelscope('a/b')],
    ['https://models.example/llama-13b/', { kind: 'url', url: 'https://models.example/llama-13b/' }],
  ])('reads %s', (text, expected) => {
    expect(parsePlace(text)).toEqual(expected);
  });

  it.each(['', 'aquila', 'http://models.example/a', 'a/b/c', 'C:\\models\\llama', 'a b/c'])(
    'refuses %s',
    (text) => {
      expect(parsePlace(text)).toBeUndefined();
    },
  );
});

describe('sourceOf', () => {
  const sources = [
    {
      host: 'modelscope',
      repo: 'BAAI/x',
      revision: 'master',
      format: 'torch',
      dtype: 'F16',
      downloadBytes: 1,
    },
  ] as const;

  it('is undefined while the choice is not complete', () => {
    expect(sourceOf(NO_PLACE)).toBeUndefined();
    expect(sourceOf({ ...NO_PLACE, choice: { kind: 'address' }, address: 'x' })).toBeUndefined();
    expect(sourceOf({ ...NO_PLACE, choice: { kind: 'catalogue', at: 3 } }, sources)).toBeUndefined();
  });

  it('takes the choice and nothing of the others', () => {
    const given = { label: 'llama', files: [] };
    const place = { choice: { kind: 'catalogue', at: 0 } as const, given, address: 'a/b' };
    expect(sourceOf(place, sources)).toEqual(modelscope('BAAI/x'));
    expect(sourceOf({ ...place, choice: { kind: 'files' } })).toEqual({ kind: 'files', ...given });
    expect(sourceOf({ ...place, choice: { kind: 'address' } })).toEqual(hf('a/b'));
  });
});
