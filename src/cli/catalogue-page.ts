/** Everything about one model of the catalogue, for people. */
import { QUANTIZATIONS } from '../models/architecture';
import { isPinned } from '../models/catalogue/index';
import { LICENCES } from '../models/catalogue/licences';
import { packageBytes } from '../models/catalogue/memory';
import type { CatalogueModel, CatalogueSource } from '../models/catalogue/types';
import { peakBytes, type Verdict } from '../models/catalogue/verdict';
import { FAMILIES } from '../models/families';
import { convertLine, downloadText, fullContext, gb, gib, specOf, verdictOf } from './catalogue-facts';
import {
  CORRECTION_TEXT,
  LICENCE_TEXT,
  STATUS_TEXT,
  UNKNOWN_TEXT,
  VERDICT_REASON_TEXT,
  VERDICT_TEXT,
} from './catalogue-text';
import { table } from './table';

export function cataloguePage(model: CatalogueModel, memoryBytes: number | undefined): string {
  const parts = [
    table(headRows(model, memoryBytes)),
    section('Sources', model.sources.flatMap(sourceLines)),
    section('Sizes at the full context', sizeTable(model)),
    section('Configuration that is corrected', correctionLines(model)),
    section(
      'What no source states',
      model.unknown.map((fact) => UNKNOWN_TEXT[fact]),
    ),
    section('Licence', licenceLines(model)),
    section(
      'Convert',
      model.sources.map((source) => convertLine(model, source)),
    ),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

function headRows(model: CatalogueModel, memoryBytes: number | undefined): [string, string][] {
  const { template, defaults } = FAMILIES[model.family];
  const { architecture: a, parameters } = model;
  const found = verdictOf(model, memoryBytes);
  const rows: [string, string | undefined][] = [
    ['name', model.edition ? `${model.name} (${model.edition})` : model.name],
    ['kind', model.kind],
    ['status', model.supersededBy ? `superseded by ${model.supersededBy}` : STATUS_TEXT[model.status]],
    ['parameters', parameters?.toLocaleString('en-US')],
    ['shape', a && `${a.layers} layers of ${a.hidden}, ${a.heads} heads on ${a.kvHeads}, ${a.vocab} rows`],
    ['context', a && `${a.contextLength} tokens${a.ropeFactor === 1 ? '' : `, linear ×${a.ropeFactor}`}`],
    ['prompt', `${template.name}, ends at ${template.stopTokens.join(' ')}`],
    ['sampling', samplingText(defaults)],
    ['memory', found && memoryText(found)],
  ];
  return rows.map(([key, value]) => [key, value ?? 'unknown']);
}

function samplingText({
  temperature,
  topK,
  topP,
  samplerOrder,
}: (typeof FAMILIES)['aquila']['defaults']): string {
  if (temperature === 0) return 'greedy';
  return `temperature ${temperature}, top-k ${topK}, top-p ${topP}, in the order ${samplerOrder}`;
}

function memoryText({ verdict: word, reason, bestContext }: Verdict): string {
  const best = word === 'tight' ? `, ${bestContext} tokens` : '';
  const needed = `${gib(reason.neededBytes)} needed for ${reason.contextTokens} tokens`;
  return `${VERDICT_TEXT[word]}: ${VERDICT_REASON_TEXT[reason.key]}${best}; ${needed}`;
}

function sourceLines(source: CatalogueSource): string[] {
  const { by, format, dtype, isDelta, baseBytes, revision, files } = source;
  const pin = isPinned(source) ? revision : `${revision} (pinned when the download begins)`;
  const base = isDelta && baseBytes ? `, a delta over LLaMA-13B (${gb(baseBytes)} more)` : '';
  const count = files ? `${files.length} files, ` : '';
  return [
    `${specOf(source)}${by ? `, offered by ${by}` : ''}`,
    `  ${count}${downloadText(source)}, ${format} ${dtype}${base}; revision ${pin}`,
  ];
}

function sizeTable({ architecture }: CatalogueModel): string[] {
  if (!architecture) return [];
  const rows = QUANTIZATIONS.map((quantization) => {
    const needed = fullContext(architecture, quantization);
    const { weightsBytes, kvBytes, scratchBytes, largestBufferBytes } = needed;
    const sizes = [weightsBytes, kvBytes, scratchBytes, peakBytes(needed), largestBufferBytes];
    return [quantization, gb(packageBytes(architecture, quantization)), ...sizes.map(gib)];
  });
  const head = ['', 'PACKAGE', 'WEIGHTS', 'CACHE', 'SCRATCH', 'AT MOST', 'LARGEST BUFFER'];
  return table([head, ...rows]).split('\n');
}

function correctionLines({ corrections }: CatalogueModel): string[] {
  return corrections.map(({ field, published, corrected, reason }) => {
    const change = `${JSON.stringify(published)} becomes ${JSON.stringify(corrected)}`;
    return `${field}: ${change} (${CORRECTION_TEXT[reason]})`;
  });
}

function licenceLines({ licence }: CatalogueModel): string[] {
  const { shortName, effective, urls, permits, forbids, demands, mayPublishPackage } = LICENCES[licence];
  const words = (points: typeof permits) => points.map((point) => LICENCE_TEXT[point]).join('; ');
  return [
    effective ? `${shortName}, in force since ${effective}` : shortName,
    ...urls,
    `permits: ${words(permits)}`,
    `forbids: ${words(forbids)}`,
    `to observe: ${words(demands)}`,
    `a converted package ${mayPublishPackage ? 'may be passed on if all this is observed' : 'must not be passed on'}`,
  ];
}
