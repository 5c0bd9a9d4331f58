import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SAVE_INTERVAL_MS, Saver } from './saver';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('Saver', () => {
  it('writes at most twice a second however often the record changes', async () => {
    const write = vi.fn(async () => {});
    const saver = new Saver(write, () => {});
    for (let ms = 0; ms < 3000; ms += 10) {
      saver.schedule('a');
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(SAVE_INTERVAL_MS).toBeGreaterThanOrEqual(500);
    expect(write.mock.calls.length).toBeGreaterThanOrEqual(5);
    expect(write.mock.calls.length).toBeLessThanOrEqual(6);
  });

  it('flushes at once, and not again without a change', async () => {
    const write = vi.fn(async () => {});
    const saver = new Saver(write, () => {});
    saver.schedule('a');
    await saver.flush('a');
    await saver.flush('a');
    await vi.advanceTimersByTimeAsync(5000);
    expect(write).toHaveBeenCalledTimes(1);
  });

  it('never runs two writes of one record at the same time', async () => {
    let running = 0;
    let most = 0;
    const saver = new Saver(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 900));
        running -= 1;
      },
      () => {},
    );
    for (let ms = 0; ms < 4000; ms += 100) {
      saver.schedule('a');
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(most).toBe(1);
  });

  it('reports a failure and keeps the record to be written again', async () => {
    const onError = vi.fn();
    const write = vi.fn(async () => {});
    write.mockRejectedValueOnce(new Error('full'));
    const saver = new Saver(write, onError);
    saver.schedule('a');
    await saver.flush('a');
    expect(onError).toHaveBeenCalledTimes(1);
    expect(saver.unsaved()).toEqual(['a']);
    await saver.flushAll();
    expect(write).toHaveBeenCalledTimes(2);
    expect(saver.unsaved()).toEqual([]);
  });

  it('forgets', async () => {
    const write = vi.fn(async () => {});
    const saver = new Saver(write, () => {});
    saver.schedule('a');
    await saver.forget('a');
    await vi.advanceTimersByTimeAsync(5000);
    expect(write).not.toHaveBeenCalled();
  });
});
