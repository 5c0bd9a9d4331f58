import { expect, test } from 'vitest';
import { AppError } from '../core/errors';
import { GpuMemory } from './gpu-memory';

/** A device of `room` bytes that knows which of its buffers are alive, and whose error scopes answer a turn later. */
function deviceOf(room = Number.POSITIVE_INFINITY) {
  const alive = new Set<string>();
  let used = 0;
  let isFull = false;
  const device = {
    createBuffer({ label, size }: { label: string; size: number }) {
      used += size;
      isFull = used > room;
      alive.add(label);
      return {
        label,
        size,
        destroy() {
          if (alive.delete(label)) used -= size;
        },
      };
    },
    pushErrorScope() {},
    async popErrorScope() {
      const error = isFull ? { message: 'full' } : null;
      isFull = false;
      await new Promise((resolve) => setTimeout(resolve));
      return error;
    },
  };
  return { device: device as unknown as GPUDevice, alive: () => [...alive] };
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: unknown) => AppError.from(error).code,
  );

test('counts what it holds, with its parts, which may go alone or with it', async () => {
  const { device, alive } = deviceOf();
  const memory = new GpuMemory(device);
  const part = memory.part();
  await memory.create('a', 30, 0);
  await part.create('b', 1, 0);
  await memory.part().create('c', 16, 0);
  // Whole u32, and no less than 16 bytes.
  expect([memory.bytes, part.bytes]).toEqual([32 + 16 + 16, 16]);
  part.destroy();
  expect([memory.bytes, alive()]).toEqual([32 + 16, ['a', 'c']]);
  memory.destroy();
  expect([memory.bytes, alive()]).toEqual([0, []]);
});

test('of buffers that are made together all stay or none', async () => {
  const { device, alive } = deviceOf(100);
  const memory = new GpuMemory(device);
  await memory.create('a', 64, 0);
  const two = memory.createMany((create) => [create('b', 32, 0), create('c', 32, 0)]);
  await expect(two).rejects.toMatchObject({ code: 'out-of-gpu-memory', details: { neededBytes: 64 } });
  const broken = memory.createMany((create) => {
    create('d', 16, 0);
    throw new AppError('limits-too-small');
  });
  expect(await codeOf(broken)).toBe('limits-too-small');
  expect([memory.bytes, alive()]).toEqual([64, ['a']]);
});

test('what comes when it is destroyed already does not stay', async () => {
  const { device, alive } = deviceOf();
  const memory = new GpuMemory(device);
  const part = memory.part();
  const onItsWay = [memory.create('a', 16, 0), part.create('b', 16, 0)];
  memory.destroy();
  const late = [...onItsWay, part.create('c', 16, 0), memory.part().create('d', 16, 0)];
  expect(await Promise.all(late.map(codeOf))).toEqual(['aborted', 'aborted', 'aborted', 'aborted']);
  expect([memory.bytes, alive()]).toEqual([0, []]);
});
