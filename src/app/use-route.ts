/** Where the user is, kept in the address after `#`, so that reload and the back button work offline. */
import { useSyncExternalStore } from 'react';

export type Route =
  | { readonly screen: 'chat'; readonly conversationId: string | null }
  | { readonly screen: 'models' }
  | { readonly screen: 'settings' }
  | { readonly screen: 'bench' };

export function parseRoute(hash: string): Route {
  const [, screen, id] = hash.split('/');
  if (screen === 'models' || screen === 'settings' || screen === 'bench') return { screen };
  return { screen: 'chat', conversationId: screen === 'c' && id ? decode(id) : null };
}

function decode(id: string): string | null {
  try {
    return decodeURIComponent(id);
  } catch {
    // A mangled address is treated as none.
    return null;
  }
}

function hashOf(route: Route): string {
  if (route.screen !== 'chat') return `#/${route.screen}`;
  return route.conversationId ? `#/c/${encodeURIComponent(route.conversationId)}` : '#/';
}

export function go(route: Route, { isReplacing = false } = {}): void {
  const hash = hashOf(route);
  if (hash === (location.hash || '#/')) return;
  if (isReplacing) {
    history.replaceState(history.state, '', hash);
    dispatchEvent(new HashChangeEvent('hashchange'));
  } else location.hash = hash;
}

let last: { readonly hash: string; readonly route: Route } | undefined;

function current(): Route {
  const { hash } = location;
  if (last?.hash !== hash) last = { hash, route: parseRoute(hash) };
  return last.route;
}

export function useRoute(): Route {
  return useSyncExternalStore((onChange) => {
    addEventListener('hashchange', onChange);
    return () => removeEventListener('hashchange', onChange);
  }, current);
}
