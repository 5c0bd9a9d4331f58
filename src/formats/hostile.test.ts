/**
 * Malformed checkpoints and packages, made at random and by hand. Each ends in an error with a code, or opens
 * with contents that are sane, within a second of this thread's work and with little memory beyond the file's own.
 */
import { describe, expect, test } from 'vitest';
import { AppError } from '../core/errors';
import { type HostileCase, openHostile, REFUSALS, watchedFiles } from './test-hostile';
import { mutatedCases, SOUND } from './test-hostile-mutations';
import { PICKLE_CASES } from './test-hostile-pickle';
import { SAFETENSORS_CASES } from './test-hostile-safetensors';
import { ZIP_CASES } from './test-hostile-zip';

const MOST_MS = 1000;
/** Beyond a few times the file itself, which is held as bytes, as text and as what it says. */
const MOST_BYTES = 64 << 20;
const TIMES_THE_FILE = 4;
/** Error texts go to the screen. */
const LONGEST_ERROR = 4000;

test.each(SOUND)('the %s that the mutations start from opens', async (_, make) => {
  await openHostile(watchedFiles(make()));
});

describe('made by hand', () => {
  test.each(
    [...SAFETENSORS_CASES, ...ZIP_CASES, ...PICKLE_CASES].map((hostile) => [hostile.name, hostile] as const),
  )('%s', (_, hostile) => check(hostile));
});

describe('changed at random', () => {
  test.each(mutatedCases(8).map((hostile) => [hostile.name, hostile] as const))('%s', (_, hostile) =>
    check(hostile),
  );
});

async function check({ make, outcome }: HostileCase): Promise<void> {
  const folder = make();
  const files = watchedFiles(folder);
  const fileBytes = [...folder.values()].reduce((sum, { length }) => sum + length, 0);
  const before = usedBytes();
  // Work of this process, not time on the wall: other tests run beside it.
  const started = process.cpuUsage();
  const error = await openHostile(files).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const { user, system } = process.cpuUsage(started);
  const grown = usedBytes() - before;
  expect(files.wrongReads).toEqual([]);
  if (outcome === 'refused') expect(error, 'is refused').toBeInstanceOf(AppError);
  if (error !== undefined) {
    expect(error).toBeInstanceOf(AppError);
    expect(REFUSALS).toContain((error as AppError).code);
    expect((error as AppError).message.length).toBeLessThan(LONGEST_ERROR);
  }
  expect((user + system) / 1000).toBeLessThan(MOST_MS);
  expect(grown).toBeLessThan(MOST_BYTES + TIMES_THE_FILE * fileBytes);
}

/** What this thread holds, and what the collector has not yet taken back. */
function usedBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
