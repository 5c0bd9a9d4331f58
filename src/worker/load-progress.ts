/** Progress reports as the page gets them: ours carry phases and bytes, web-llm's only a sentence. */
import type { InitProgressReport } from '@mlc-ai/web-llm';
import type { EngineProgress } from '../engine/progress';

/** Share of web-llm's bar that is fetching; its second run from 0 to 1 compiles shaders. */
const STOCK_FETCH_SHARE = 0.9;

export function toEngineProgress(report: InitProgressReport): EngineProgress {
  if ('phase' in report) return report as EngineProgress;
  const isLast = /^Finish loading/.test(report.text);
  const isCompiling = /shader/i.test(report.text);
  const progress = isLast
    ? 1
    : isCompiling
      ? STOCK_FETCH_SHARE + (1 - STOCK_FETCH_SHARE) * report.progress
      : STOCK_FETCH_SHARE * report.progress;
  return { ...report, progress, phase: isLast ? 'ready' : 'library', bytesDone: 0, bytesTotal: 0 };
}
