import { describe, expect, it } from 'vitest';
import { catalogueZhCN } from '../../../i18n/catalogue-zh-CN';
import { CATALOGUE, catalogueModel } from '../../../models/catalogue';
import type { UnfinishedConversion } from '../convert/ports';
import { NO_PACE } from '../pace';
import { cardState, type Progressing } from './card-state';
import { purposeOf } from './purposes';

const MODEL = catalogueModel('aquilachat-7b')!;
const NOTHING: Progressing = { entries: [], job: null, unfinished: [] };
const order = (catalogueId: string) => ({
  kind: 'convert' as const,
  id: `${catalogueId}-q4f16_1`,
  name: catalogueId,
  catalogueId,
  source: { kind: 'url' as const, url: 'https://models.example/' },
  quantization: 'q4f16_1' as const,
  licence: '',
});
const job = (catalogueId: string) => ({
  order: order(catalogueId),
  progress: null,
  phase: 'download' as const,
  pace: NO_PACE,
  isPausing: false,
});
const unfinished = (catalogueId: string): UnfinishedConversion => ({
  id: `${catalogueId}-q4f16_1`,
  name: catalogueId,
  createdAt: 0,
  order: order(catalogueId),
  doneBytes: 1,
  totalBytes: 2,
  need: 'at-once',
  isRunning: false,
});

describe('cardState', () => {
  it('knows what is there, under any quantisation', () => {
    const entry = { id: 'aquilachat-7b-q4f32_1', origin: 'converted', isComplete: true } as const;
    expect(cardState(MODEL, { ...NOTHING, entries: [entry] })).toEqual({ kind: 'installed', id: entry.id });
    const incomplete = { ...entry, isComplete: false };
    expect(cardState(MODEL, { ...NOTHING, entries: [incomplete] })).toEqual({ kind: 'available' });
  });

  it('shows the one that is being converted, before what is left of it', () => {
    const state = cardState(MODEL, { ...NOTHING, job: job(MODEL.id), unfinished: [unfinished(MODEL.id)] });
    expect(state).toEqual({ kind: 'converting', share: 0, isPausing: false });
  });

  it('does not let an unfinished one go on while another runs', () => {
    const left = { ...NOTHING, unfinished: [unfinished(MODEL.id)] };
    expect(cardState(MODEL, left)).toMatchObject({ kind: 'unfinished', isBlocked: false });
    expect(cardState(MODEL, { ...left, job: job('aquila-7b') })).toMatchObject({ isBlocked: true });
  });

  it('offers nothing of what was never released', () => {
    expect(cardState(catalogueModel('aquilachat-33b')!, NOTHING)).toEqual({ kind: 'unavailable' });
  });
});

describe('purposeOf', () => {
  it('has a line for every model, and every line a model', () => {
    const used = CATALOGUE.map(({ id }) => purposeOf(id));
    expect(used).not.toContain(undefined);
    const keys = Object.keys(catalogueZhCN).filter((key) => key.startsWith('purpose.'));
    expect([...new Set(used)].sort()).toEqual(keys.sort());
  });
});
