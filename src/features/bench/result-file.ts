/** A result as a file of the user's, the same that `npm run bench` writes. */
import type { BenchResult } from '../../bench/types';

export function saveResult(result: BenchResult): void {
  const url = URL.createObjectURL(
    new Blob([`${JSON.stringify(result, null, 2)}\n`], { type: 'application/json' }),
  );
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName(result);
  link.click();
  // The download has its own hold on the bytes by the next turn.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}

/** Shapes, adapter and time, in letters that every file system takes. */
export function fileName({ adapter, shapes, startedAt }: BenchResult): string {
  const words = ['aerie-bench', ...shapes.map(({ shape }) => shape), adapter.name, startedAt.slice(0, 16)];
  return `${words.map((word) => word.replace(/[^\w-]+/g, '-').replace(/^-+|-+$/g, '')).join('_')}.json`;
}
