import { expect, test } from 'vitest';
import { downloadList, neededFiles } from './download-list';
import type { HubSpec } from './source-spec';

const HF: HubSpec = { kind: 'hugging-face', repo: 'BAAI/Aquila-7B', revision: 'refs/pr/1' };
const listed = (...names: string[]) => names.map((name, i) => ({ name, sizeBytes: i + 1 }));
const neededNames = (...names: string[]) => neededFiles(listed(...names)).map(({ name }) => name);

test('one format of the weights, what describes them, and the licence', () => {
  expect(
    neededNames(
      '.gitattributes',
      'BAAI_Aquila_Model_License.pdf',
      'README.md',
      'config.json',
      'configuration_aquila.py',
      'merges.txt',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'model.safetensors.index.json',
      'consolidated.safetensors',
      'pytorch_model-00001-of-00001.bin',
      'pytorch_model.bin.index.json',
      'onnx/config.json',
      'training_args.bin',
      'vocab.json',
    ),
  ).toEqual([
    'BAAI_Aquila_Model_License.pdf',
    'config.json',
    'merges.txt',
    'vocab.json',
    'model.safetensors.index.json',
    'model-00001-of-00002.safetensors',
    'model-00002-of-00002.safetensors',
  ]);
  expect(neededNames('config.json', 'pytorch_model.bin', 'optimizer.bin', 'tokenizer.model')).toEqual([
    'config.json',
    'tokenizer.model',
    'pytorch_model.bin',
  ]);
  expect(neededNames('adapter_config.json', 'adapter_model.bin')).toEqual([
    'adapter_config.json',
    'adapter_model.bin',
  ]);
});

test('links to the hub and to its mirror', () => {
  expect(downloadList(HF, listed('config.json'))).toEqual([
    {
      name: 'config.json',
      sizeBytes: 1,
      isGuess: false,
      url: 'https://huggingface.co/BAAI/Aquila-7B/resolve/refs%2Fpr%2F1/config.json',
      mirrorUrl: 'https://hf-mirror.com/BAAI/Aquila-7B/resolve/refs%2Fpr%2F1/config.json',
    },
  ]);
  const spec: HubSpec = { kind: 'modelscope', repo: 'BAAI/AquilaChat2-7B', revision: 'master' };
  expect(downloadList(spec, listed('config.json'))[0]).toMatchObject({
    url: 'https://modelscope.cn/models/BAAI/AquilaChat2-7B/resolve/master/config.json',
    mirrorUrl: undefined,
  });
});

test('weights alone are completed by the usual names', () => {
  const list = downloadList(
    HF,
    listed('pytorch_model-00001-of-00002.bin', 'pytorch_model-00002-of-00002.bin'),
  );
  const guesses = list.filter(({ isGuess }) => isGuess).map(({ name }) => name);
  expect(guesses).toEqual(
    expect.arrayContaining(['config.json', 'tokenizer.json', 'pytorch_model.bin.index.json']),
  );
  expect(guesses).not.toContain('model.safetensors.index.json');
  expect(list.filter(({ isGuess }) => !isGuess)).toHaveLength(2);
});
