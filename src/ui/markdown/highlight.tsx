/** Code colours by lowlight's common languages, as React elements. A chunk of its own. */
import { common, createLowlight } from 'lowlight';
import { createElement, type ReactNode } from 'react';

const lowlight = createLowlight(common);

/** Above this the page would stall; such a block stays plain. */
const MOST_CHARACTERS = 50_000;

interface HastNode {
  readonly type: string;
  readonly value?: string;
  readonly properties?: { readonly className?: unknown };
  readonly children?: readonly HastNode[];
}

/** The plain code for a language it does not know. */
export function highlight(code: string, language: string): ReactNode {
  if (!lowlight.registered(language) || code.length > MOST_CHARACTERS) return code;
  return (lowlight.highlight(language, code) as HastNode).children?.map(toReact);
}

function toReact(node: HastNode, key: number): ReactNode {
  if (node.type === 'text') return node.value;
  const names = node.properties?.className;
  const className = Array.isArray(names) ? names.join(' ') : undefined;
  return createElement('span', { key, className }, node.children?.map(toReact));
}
