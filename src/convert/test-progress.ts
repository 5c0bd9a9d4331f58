import { expect } from 'vitest';
import { CONVERT_PHASES, type ConvertProgress } from './progress';

/**
 * What every series of reports of one conversion keeps, from its first to its last, when it succeeded: nothing
 * ever falls, totals stay, and it ends at exactly 1 with every phase full, and only then.
 */
export function expectGoodProgress(reports: readonly ConvertProgress[]): void {
  expect(reports.length).toBeGreaterThan(0);
  let before: ConvertProgress | undefined;
  for (const report of reports) {
    expect(report.share).toBeGreaterThanOrEqual(before?.share ?? 0);
    expect(report.share === 1).toBe(report === reports.at(-1));
    expect(Object.keys(report.phases)).toEqual(Object.keys((before ?? report).phases));
    for (const phase of CONVERT_PHASES) {
      const now = report.phases[phase];
      const then = before?.phases[phase];
      if (!now) continue;
      expect(now.doneBytes).toBeGreaterThanOrEqual(then?.doneBytes ?? 0);
      expect(now.doneBytes).toBeLessThanOrEqual(now.totalBytes);
      expect(now.totalBytes).toBe((then ?? now).totalBytes);
    }
    before = report;
  }
  for (const { doneBytes, totalBytes } of Object.values(before!.phases)) expect(doneBytes).toBe(totalBytes);
}
