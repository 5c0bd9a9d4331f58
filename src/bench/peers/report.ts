/** The comparison as a table: medians, and how each peer stands against Aerie. */
import { table } from '../../cli/table';
import { median } from '../../core/statistics';
import type { PeerOutcome } from './page';
import type { PeerRun } from './peer';

export interface ReportFacts {
  readonly promptTokens: number;
  readonly tokens: number;
  readonly rounds: number;
}

export function peersReport(outcomes: readonly PeerOutcome[], facts: ReportFacts): string {
  const own = outcomes.find(({ name }) => name === 'aerie');
  const base = own && own.runs.length > 0 ? speeds(own.runs, facts.promptTokens) : undefined;
  const rows = [['engine', 'prompt tokens/s', 'tokens/s', 'against Aerie', 'same tokens', 'runs on']];
  for (const { name, runsOn, failure, runs } of outcomes) {
    if (failure !== undefined || runs.length === 0) {
      rows.push([name, '-', '-', '-', '-', `cannot run: ${(failure ?? 'no answer').split('\n')[0]}`]);
      continue;
    }
    const { prompt, decode } = speeds(runs, facts.promptTokens);
    const against = base && name !== 'aerie' ? `x${(decode / base.decode).toFixed(2)}` : '-';
    const isSame = base && name !== 'aerie' ? sharedTokens(own!.runs[0]!, runs[0]!) : '-';
    rows.push([name, prompt.toFixed(1), decode.toFixed(1), against, isSame, runsOn ?? '']);
  }
  const { promptTokens, tokens, rounds } = facts;
  return `${table(rows)}\n\nPrompt ${promptTokens} tokens, answer ${tokens} tokens, greedy, medians of ${rounds} rounds in turns.`;
}

function speeds(runs: readonly PeerRun[], promptTokens: number): { prompt: number; decode: number } {
  return {
    prompt: (promptTokens / median(runs.map(({ firstTokenMs }) => firstTokenMs))) * 1000,
    decode: 1000 / median(runs.map(({ decodeMs, decodeTokens }) => decodeMs / decodeTokens)),
  };
}

/** How many tokens both answers begin with alike, of those drawn. */
function sharedTokens(a: PeerRun, b: PeerRun): string {
  if (b.ids.length === 0) return 'unknown';
  const differs = a.ids.findIndex((id, index) => id !== b.ids[index]);
  return `${differs === -1 ? a.ids.length : differs} of ${a.ids.length}`;
}
