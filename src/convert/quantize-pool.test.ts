import { expect, test } from 'vitest';
import type { QuantizeBlock } from './block-quantizer';
import { answerBlock, type FromQuantizer, type ToQuantizer } from './quantize-messages';
import { QuantizePool } from './quantize-pool';
import { bytesIn } from './test-groups';

/** Threads in name only, which answer when the test says so. */
function testThreads() {
  const threads: {
    readonly got: ToQuantizer[];
    isEnded: boolean;
    answer(answer: FromQuantizer): void;
    crash(message: string): void;
  }[] = [];
  const pool = new QuantizePool(2, (answer, crash) => {
    const thread = { got: [] as ToQuantizer[], isEnded: false, answer, crash };
    threads.push(thread);
    return {
      post: (message) => thread.got.push(message),
      terminate: () => {
        thread.isEnded = true;
      },
    };
  });
  return { pool, threads };
}

const block = (): QuantizeBlock => ({
  bytes: bytesIn('F16', new Array(32).fill(1)),
  dtype: 'F16',
  width: 32,
  scales: 'float16',
  rounding: 'plain',
});

test('starts no thread before the first block and spreads blocks evenly', () => {
  const { pool, threads } = testThreads();
  expect(threads.length).toBe(0);
  for (let i = 0; i < 4; i++) void pool.quantize(block());
  expect(threads.map(({ got }) => got.length)).toEqual([2, 2]);
});

test('a crash rejects the blocks of that thread alone, and the next block starts another', async () => {
  const { pool, threads } = testThreads();
  const [first, second, third] = [pool.quantize(block()), pool.quantize(block()), pool.quantize(block())];
  threads[0]!.crash('out of memory');
  await expect(first).rejects.toMatchObject({
    code: 'worker-crashed',
    details: { message: 'out of memory' },
  });
  await expect(third).rejects.toMatchObject({ code: 'worker-crashed' });
  threads[1]!.answer(answerBlock(threads[1]!.got[0]!).answer);
  expect((await second).badGroup).toBe(-1);
  const again = pool.quantize(block());
  expect(threads.length).toBe(3);
  threads[0]!.crash('late');
  threads[2]!.answer(answerBlock(threads[2]!.got[0]!).answer);
  expect((await again).scales.length).toBe(1);
});

test('an error of one block is that block’s', async () => {
  const { pool, threads } = testThreads();
  const failed = pool.quantize(block());
  threads[0]!.answer({ id: threads[0]!.got[0]!.id, error: 'AppError: {"code":"internal","details":{}}' });
  await expect(failed).rejects.toMatchObject({ code: 'internal' });
});

test('disposing ends threads and what waits for them', async () => {
  const { pool, threads } = testThreads();
  const waiting = pool.quantize(block());
  pool.dispose();
  await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
  await expect(pool.quantize(block())).rejects.toMatchObject({ code: 'aborted' });
  expect(threads.every(({ isEnded }) => isEnded)).toBe(true);
});

test('bytes that are part of a larger buffer do not take it with them', async () => {
  const { pool, threads } = testThreads();
  const large = new Uint8Array(256);
  void pool.quantize({ ...block(), bytes: large.subarray(64, 128) });
  expect(threads[0]!.got[0]!.block.bytes.buffer.byteLength).toBe(64);
  expect(large.length).toBe(256);
});
