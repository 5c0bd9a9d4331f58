/**
 * Enter as "do it", safe for input methods. Confirming a candidate of a Chinese, Japanese or Korean input
 * method also sends Enter; browsers say so in three different ways, and WebKit sends the key only after
 * `compositionend`. Every Enter (and Escape) handler of the interface goes through here.
 */
import { type CompositionEvent, type KeyboardEvent, useMemo, useRef } from 'react';

/** How long after `compositionend` a key still belongs to the input method. */
export const COMPOSITION_TAIL_MS = 60;

/** What the guard needs to know of a key event; the DOM's and React's both fit. */
export interface KeyLike {
  readonly key: string;
  readonly keyCode?: number;
  readonly shiftKey?: boolean;
  readonly ctrlKey?: boolean;
  readonly altKey?: boolean;
  readonly metaKey?: boolean;
  readonly isComposing?: boolean;
}

/** The decision alone, without React. `now` in milliseconds on any steady clock. */
export class CompositionGuard {
  private composing = false;
  private endedAt = Number.NEGATIVE_INFINITY;

  start(): void {
    this.composing = true;
  }

  end(now: number): void {
    this.composing = false;
    this.endedAt = now;
  }

  /** True while the key belongs to the input method and must be left alone. */
  owns(event: KeyLike, now: number): boolean {
    // 229 is the legacy code of a key that an input method is handling.
    return (
      this.composing ||
      event.isComposing === true ||
      event.keyCode === 229 ||
      now - this.endedAt < COMPOSITION_TAIL_MS
    );
  }
}

/** A plain Enter: with a modifier it means something else (Shift+Enter is a new line). */
export function isPlainEnter(event: KeyLike): boolean {
  return event.key === 'Enter' && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey;
}

export interface EnterActions {
  readonly onEnter: () => void;
  readonly onEscape?: (() => void) | undefined;
}

/** Event props for an `<input>` or `<textarea>`. */
export function useEnter({ onEnter, onEscape }: EnterActions) {
  const actions = useRef({ onEnter, onEscape });
  actions.current = { onEnter, onEscape };
  return useMemo(() => {
    const guard = new CompositionGuard();
    return {
      onCompositionStart: (_event: CompositionEvent) => guard.start(),
      onCompositionEnd: (_event: CompositionEvent) => guard.end(performance.now()),
      onKeyDown: (event: KeyboardEvent) => {
        if (guard.owns(keyOf(event), performance.now())) return;
        if (isPlainEnter(event)) {
          event.preventDefault();
          actions.current.onEnter();
        } else if (event.key === 'Escape' && actions.current.onEscape) {
          event.preventDefault();
          event.stopPropagation();
          actions.current.onEscape();
        }
      },
    };
  }, []);
}

/** React hides `isComposing` in the native event. */
function keyOf(event: KeyboardEvent): KeyLike {
  return { key: event.key, keyCode: event.keyCode, isComposing: event.nativeEvent.isComposing };
}
