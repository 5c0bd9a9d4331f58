import { describe, expect, it } from 'vitest';
import { parseRoute } from './use-route';

describe('parseRoute', () => {
  it('reads addresses and falls back to a new chat', () => {
    expect(parseRoute('#/c/a%2Fb')).toEqual({ screen: 'chat', conversationId: 'a/b' });
    expect(parseRoute('#/models')).toEqual({ screen: 'models' });
    expect(parseRoute('#/settings')).toEqual({ screen: 'settings' });
    expect(parseRoute('#/bench')).toEqual({ screen: 'bench' });
    for (const hash of ['', '#', '#/', '#/c/', '#/nonsense', '#composer', '#/c/%'])
      expect(parseRoute(hash)).toEqual({ screen: 'chat', conversationId: null });
  });
});
