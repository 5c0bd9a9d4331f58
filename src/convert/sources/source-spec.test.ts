import { expect, test } from 'vitest';
import { AppError } from '../../core/errors';
import { parseSourceSpec } from './source-spec';

const COMMIT = 'd314aaf559fa192bf2f09760ca3815b589fc69f8';

test.each([
  ['hf:BAAI/Aquila-7B', { kind: 'hugging-face', repo: 'BAAI/Aquila-7B', revision: 'main' }],
  [`hf:BAAI/Aquila-7B@${COMMIT}`, { kind: 'hugging-face', repo: 'BAAI/Aquila-7B', revision: COMMIT }],
  ['hf:BAAI/Aquila-7B@refs/pr/1', { kind: 'hugging-face', repo: 'BAAI/Aquila-7B', revision: 'refs/pr/1' }],
  ['modelscope:BAAI/AquilaChat2-7B', { kind: 'modelscope', repo: 'BAAI/AquilaChat2-7B', revision: 'master' }],
  ['modelscope:BAAI/a.b_c@v1.0.1', { kind: 'modelscope', repo: 'BAAI/a.b_c', revision: 'v1.0.1' }],
  [
    'https://huggingface.co/BAAI/Aquila-7B',
    { kind: 'hugging-face', repo: 'BAAI/Aquila-7B', revision: 'main' },
  ],
  [
    'https://huggingface.co/BAAI/Aquila-7B/tree/refs%2Fpr%2F1',
    { kind: 'hugging-face', repo: 'BAAI/Aquila-7B', revision: 'refs/pr/1' },
  ],
  [
    'https://www.modelscope.cn/models/BAAI/AquilaChat2-7B/summary',
    { kind: 'modelscope', repo: 'BAAI/AquilaChat2-7B', revision: 'master' },
  ],
  [
    `https://huggingface.co/BAAI/Aquila-7B/resolve/${COMMIT}/config.json?download=true`,
    { kind: 'hugging-face', repo: 'BAAI/Aquila-7B', revision: COMMIT },
  ],
  ['https://hf.co/BAAI/Aquila-7B/', { kind: 'hugging-face', repo: 'BAAI/Aquila-7B', revision: 'main' }],
  [
    'https://huggingface.co/BAAI/Aquila-7B/tree/main/part',
    { kind: 'url', url: 'https://huggingface.co/BAAI/Aquila-7B/tree/main/part/' },
  ],
  [
    'https://hf-mirror.com/BAAI/Aquila-7B/resolve/main',
    { kind: 'url', url: 'https://hf-mirror.com/BAAI/Aquila-7B/resolve/main/' },
  ],
  ['https://models.example/aquila', { kind: 'url', url: 'https://models.example/aquila/' }],
  ['https://models.example/aquila/config.json?x=1#y', { kind: 'url', url: 'https://models.example/aquila/' }],
  ['http://localhost:8000/a/', { kind: 'url', url: 'http://localhost:8000/a/' }],
  ['http://127.0.0.1:8000', { kind: 'url', url: 'http://127.0.0.1:8000/' }],
])('%s', (text, spec) => {
  expect(parseSourceSpec(text)).toEqual(spec);
});

test.each([
  './models/aquila',
  '/data/aquila',
  'aquila',
  'C:\\models\\aquila',
  'C:/models',
  'BAAI/Aquila-7B',
  '',
])('%s is a folder', (text) => {
  expect(parseSourceSpec(text)).toBeUndefined();
});

test.each([
  ['hf:', 'model-unknown'],
  ['hf:Aquila-7B', 'model-unknown'],
  ['hf:BAAI/Aquila-7B/tree/main', 'model-unknown'],
  ['hf:../../etc', 'model-unknown'],
  ['hf:BAAI/..', 'model-unknown'],
  ['hf:BAAI/Aquila 7B', 'model-unknown'],
  ['hf:BAAI/Aquila-7B@', 'model-unknown'],
  ['hf:BAAI/Aquila-7B@../other', 'model-unknown'],
  ['hf:BAAI/Aquila-7B@main?x', 'model-unknown'],
  ['modelscope:BAAI', 'model-unknown'],
  ['modelscope:BAAI/a\n@b', 'model-unknown'],
  ['http://models.example/aquila', 'download-failed'],
  ['https://user:secret@models.example/aquila', 'download-failed'],
  ['ftp://models.example/aquila', 'download-failed'],
  ['https://', 'download-failed'],
  ['https://huggingface.co/BAAI/Aquila-7B/tree/%2e%2e%2f', 'model-unknown'],
  ['https://huggingface.co/BAAI/Aquila-7B/tree/%ff', 'model-unknown'],
])('%s is refused', (text, code) => {
  let caught: unknown;
  try {
    parseSourceSpec(text);
  } catch (error) {
    caught = error;
  }
  expect(AppError.from(caught).code).toBe(code);
  expect(JSON.stringify(AppError.from(caught).details)).not.toContain('secret');
});
