import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../../models/catalogue';
import { groupModels } from './groups';

const ids = (filter: Parameters<typeof groupModels>[1], isHidden = () => false) =>
  groupModels(CATALOGUE, filter, isHidden).groups.flatMap(({ models, older }) =>
    [...models, ...older].map(({ id }) => id),
  );

describe('groupModels', () => {
  it('shows every model once', () => {
    expect([...ids('all')].sort()).toEqual(CATALOGUE.map(({ id }) => id).sort());
  });

  it('puts SQL with code', () => {
    expect(ids('code')).toContain('aquilasql-7b');
    expect(ids('code')).not.toContain('aquilachat-7b');
  });

  it('puts what is no longer offered apart, and what never was last', () => {
    for (const { models, older } of groupModels(CATALOGUE, 'all', () => false).groups) {
      expect(models.every(({ status }) => status === 'available' || status === 'experiment')).toBe(true);
      const released = older.map(({ status }) => status !== 'never-released');
      expect(released).toEqual([...released].sort((a, b) => Number(b) - Number(a)));
    }
  });

  it('counts what it hides', () => {
    const { groups, hidden } = groupModels(CATALOGUE, 'chat', ({ series }) => series !== 'ziya');
    expect(groups.map(({ series }) => series)).toEqual(['ziya']);
    expect(hidden).toBe(ids('chat').length - groups[0]!.models.length - groups[0]!.older.length);
  });
});
