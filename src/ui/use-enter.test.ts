import { describe, expect, it } from 'vitest';
import { COMPOSITION_TAIL_MS, CompositionGuard, isPlainEnter } from './use-enter';

const ENTER = { key: 'Enter', keyCode: 13, isComposing: false };

describe('CompositionGuard', () => {
  it('lets a plain key through', () => {
    expect(new CompositionGuard().owns(ENTER, 1000)).toBe(false);
  });

  it('holds keys during a composition', () => {
    const guard = new CompositionGuard();
    guard.start();
    expect(guard.owns(ENTER, 1000)).toBe(true);
  });

  it('holds a key that says isComposing or carries the legacy code', () => {
    const guard = new CompositionGuard();
    expect(guard.owns({ ...ENTER, isComposing: true }, 1000)).toBe(true);
    expect(guard.owns({ ...ENTER, keyCode: 229 }, 1000)).toBe(true);
  });

  it('holds the Enter that WebKit sends right after compositionend, and no later one', () => {
    const guard = new CompositionGuard();
    guard.start();
    guard.end(1000);
    expect(guard.owns(ENTER, 1000)).toBe(true);
    expect(guard.owns(ENTER, 1000 + COMPOSITION_TAIL_MS - 1)).toBe(true);
    expect(guard.owns(ENTER, 1000 + COMPOSITION_TAIL_MS)).toBe(false);
  });
});

describe('isPlainEnter', () => {
  it('is Enter without modifiers', () => {
    expect(isPlainEnter(ENTER)).toBe(true);
    expect(isPlainEnter({ ...ENTER, key: 'a' })).toBe(false);
    for (const modifier of ['shiftKey', 'ctrlKey', 'altKey', 'metaKey'])
      expect(isPlainEnter({ ...ENTER, [modifier]: true })).toBe(false);
  });
});
