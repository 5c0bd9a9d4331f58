/** Shows the plain text until the Markdown chunk is there. */
import { lazy, Suspense } from 'react';
import type { MarkdownProps } from './Markdown';

const Markdown = lazy(() => import('./Markdown'));

export function LazyMarkdown(props: MarkdownProps) {
  return (
    <Suspense fallback={<div className="prose whitespace-pre-wrap">{props.text}</div>}>
      <Markdown {...props} />
    </Suspense>
  );
}

/** Fetches the chunk ahead of the first answer. */
export function preloadMarkdown(): void {
  void import('./Markdown').catch(() => {
    // Offline before the app is cached: the plain text stays, the next render asks again.
  });
}
