import { mkdtempSync, openAsBlob, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectGiven, type GivenFile, givenFiles } from './given-files';
import { codeOf, drain, errorOf, expectBytes, randomBytes } from './test-sources';

const given = (...paths: string[]): GivenFile[] =>
  paths.map((path) => ({ path, file: new File([`content of ${path}`], path, { lastModified: 1 }) }));

describe('what was dropped', () => {
  test.each([
    ['package', ['m/mlc-chat-config.json', 'm/params_shard_0.bin']],
    ['package', ['m/mlc-chat-config.json', 'm/config.json', 'm/model.safetensors']],
    ['checkpoint', ['m/config.json', 'm/model.safetensors']],
    ['checkpoint', ['config.json', 'pytorch_model-00001-of-00002.bin']],
    ['checkpoint', ['params.json', 'pytorch_model.bin']],
    ['checkpoint', ['m/config.json', 'm/model.safetensors', 'm/adapter_config.json', 'm/adapter_model.bin']],
    ['checkpoint', ['params.json', 'aquila.pt', 'optimizer.pt']],
    ['lora', ['m/adapter_config.json', 'm/adapter_model.bin', 'm/config.json']],
    [undefined, ['m/config.json', 'm/training_args.bin']],
    ['lora', ['adapter_config.json', 'adapter_model.safetensors']],
    ['checkpoint', ['notes/config.json', 'a/b/config.json', 'a/b/model.safetensors']],
    [undefined, ['m/config.json']],
    [undefined, ['m/config.json', 'n/model.safetensors']],
    [undefined, ['m/adapter_config.json']],
    [undefined, ['photo.jpg']],
    [undefined, []],
  ])('is a %s: %j', (kind, paths) => {
    expect(detectGiven(given(...paths))).toBe(kind);
  });
});

describe('a given checkpoint', () => {
  test('is the uppermost folder, without what lies below or beside it', async () => {
    const files = await givenFiles(
      given(
        'Aquila-7B/config.json',
        'Aquila-7B/model.safetensors',
        'Aquila-7B/onnx/config.json',
        'Aquila-7B/onnx/model.safetensors',
        'readme.txt',
      ),
    );
    expect(files).toMatchObject({ origin: 'Aquila-7B', revision: '' });
    expect((await files.list()).map(({ name }) => name)).toEqual(['config.json', 'model.safetensors']);
    expect(new TextDecoder().decode(await files.read('config.json'))).toBe(
      'content of Aquila-7B/config.json',
    );
  });

  test('names what is missing', async () => {
    expect((await errorOf(givenFiles(given('a.txt')))).details).toEqual({ file: 'config.json' });
    expect((await errorOf(givenFiles(given('m/config.json')))).details).toEqual({
      file: 'model.safetensors',
    });
  });

  test('its identity follows names, lengths and dates', async () => {
    const identity = async (name: string, content: string, lastModified: number) => {
      const file = (path: string, text: string) => ({ path, file: new File([text], path, { lastModified }) });
      return (await givenFiles([file('config.json', '{}'), file(name, content)])).identity;
    };
    const first = await identity('model.safetensors', 'abc', 1);
    expect(await identity('model.safetensors', 'abc', 1)).toBe(first);
    const others = [
      await identity('other.safetensors', 'abc', 1),
      await identity('model.safetensors', 'abcd', 1),
      await identity('model.safetensors', 'abc', 2),
    ];
    expect(new Set([first, ...others]).size).toBe(4);
  });

  test('a file that is changed on disk while it is read is noticed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'aerie-given-'));
    const path = join(folder, 'model.safetensors');
    try {
      const bytes = randomBytes(5_000_000, 5);
      writeFileSync(path, bytes);
      const blob = await openAsBlob(path);
      const file = Object.assign(blob, {
        name: 'model.safetensors',
        lastModified: 1,
        webkitRelativePath: '',
      });
      const files = await givenFiles([
        ...given('config.json'),
        { path: 'model.safetensors', file: file as File },
      ]);
      expectBytes(await files.readRange('model.safetensors', 10, 20), bytes.subarray(10, 20));
      writeFileSync(path, bytes.subarray(1));
      expect(await codeOf(files.readRange('model.safetensors', 10, 20))).toBe('source-changed');
      expect(await codeOf(drain(files.stream!('model.safetensors', 0, bytes.length)))).toBe('source-changed');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
