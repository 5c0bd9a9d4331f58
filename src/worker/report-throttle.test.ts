import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ConvertProgress } from '../convert/progress';
import { ReportThrottle } from './report-throttle';

beforeEach(() => {
  vi.useFakeTimers({ now: 1000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const progress = (doneBytes: number, share = doneBytes / 1000): ConvertProgress => ({
  phases: { download: { doneBytes, totalBytes: 1000 } },
  share,
  item: '',
});

test('ten reports a second at most, the newest soon after, the last one exact', () => {
  const said: [number, number][] = [];
  const throttle = new ReportThrottle(({ share }, at) => said.push([share, at]));
  for (let done = 1; done <= 1000; done++) {
    throttle.report(progress(done));
    vi.advanceTimersByTime(1);
  }
  expect(said.length).toBeLessThanOrEqual(11);
  vi.advanceTimersByTime(100);
  expect(said.at(-1)![0]).toBe(1);
  throttle.flush();
  expect(said.length).toBeLessThanOrEqual(11);
  throttle.report(progress(1000, 0.5));
  throttle.report(progress(1000, 1));
  throttle.flush();
  expect(said.at(-1)![0]).toBe(1);
});

test('tells when the last byte came, not when the last report was made', () => {
  let lastByteAt = 0;
  const throttle = new ReportThrottle((_progress, at) => {
    lastByteAt = at;
  });
  throttle.report(progress(10));
  expect(lastByteAt).toBe(1000);
  vi.advanceTimersByTime(5000);
  throttle.report(progress(10));
  expect(lastByteAt).toBe(1000);
  vi.advanceTimersByTime(5000);
  throttle.report(progress(11));
  expect(lastByteAt).toBe(11_000);
});
