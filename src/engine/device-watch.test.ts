import { expect, test } from 'vitest';
import { AppError } from '../core/errors';
import { AbortableWait } from './abortable-wait';
import { DeviceWatch } from './device-watch';

function watchOf() {
  let lose = (_info: GPUDeviceLostInfo) => {};
  const lost = new Promise<GPUDeviceLostInfo>((resolve) => {
    lose = resolve;
  });
  const watch = new DeviceWatch({ lost } as GPUDevice);
  return { watch, lose: () => lose({ reason: 'unknown', message: 'gone' } as GPUDeviceLostInfo) };
}

const never = new Promise<never>(() => {});
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    (value) => value,
    (error: unknown) => AppError.from(error).code,
  );

test('the loss of a device reaches everyone who waits, and everyone after', async () => {
  const { watch, lose } = watchOf();
  expect(await watch.guard(Promise.resolve(3))).toBe(3);
  const waiting = [watch.guard(never), watch.guard(never)];
  lose();
  expect(await Promise.all(waiting.map(codeOf))).toEqual(['device-lost', 'device-lost']);
  expect(() => watch.check()).toThrow(expect.objectContaining({ code: 'device-lost' }));
  expect(await codeOf(watch.guard(never))).toBe('device-lost');
});

test('a mapping that is rejected a moment before is the same loss; other errors stay what they are', async () => {
  const { watch, lose } = watchOf();
  const failed = watch.guard(Promise.reject(new DOMException('unmapped', 'AbortError')));
  setTimeout(lose, 5);
  expect(await codeOf(failed)).toBe('device-lost');
  expect(await codeOf(watchOf().watch.guard(Promise.reject(new AppError('aborted'))))).toBe('aborted');
});

test('an abort ends a wait, also one that begins after it', async () => {
  const stop = new AbortController();
  const wait = new AbortableWait(stop.signal);
  expect(await wait.for(Promise.resolve(1))).toBe(1);
  const waiting = wait.for(never);
  stop.abort();
  expect(await waiting).toBeUndefined();
  expect(await wait.for(Promise.resolve(2))).toBeUndefined();
  await expect(new AbortableWait(undefined).for(Promise.reject(new AppError('internal')))).rejects.toThrow();
});
