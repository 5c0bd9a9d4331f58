import { Check, Copy } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { useT } from '../../i18n/language';
import { useCopy } from '../use-copy';

interface CodeBlockProps {
  readonly code: string;
  readonly language: string;
  /** An unfinished block is left uncoloured: colouring it at every token would be wasted. */
  readonly isClosed: boolean;
}

export function CodeBlock({ code, language, isClosed }: CodeBlockProps) {
  const t = useT();
  const { isCopied, copy } = useCopy();
  const coloured = useColoured(code, language, isClosed);
  return (
    <figure className="overflow-hidden rounded-md border border-line bg-code">
      <figcaption className="flex items-center justify-between gap-2 border-line border-b py-0.5 pr-1 pl-3">
        <span className="font-mono text-2xs text-faint">{language || t('markdown.code')}</span>
        <button
          type="button"
          aria-label={t('chat.copyCode')}
          title={t('chat.copyCode')}
          onClick={() => copy(code)}
          className="inline-flex size-7 items-center justify-center rounded text-faint hover:bg-hover hover:text-ink"
        >
          {isCopied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
        </button>
      </figcaption>
      <section
        aria-label={language || t('markdown.code')}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        className="overflow-x-auto p-3 text-[0.8125rem] leading-relaxed outline-offset-[-2px]"
      >
        <pre>
          <code className="font-mono">{coloured ?? code}</code>
        </pre>
      </section>
    </figure>
  );
}

function useColoured(code: string, language: string, isClosed: boolean): ReactNode {
  const [coloured, setColoured] = useState<{ readonly code: string; readonly nodes: ReactNode }>();
  useEffect(() => {
    if (!isClosed || !language) return;
    let isCurrent = true;
    import('./highlight')
      .then(({ highlight }) => {
        if (isCurrent) setColoured({ code, nodes: highlight(code, language) });
      })
      .catch(() => {
        // Without its colours the code is still there.
      });
    return () => {
      isCurrent = false;
    };
  }, [code, language, isClosed]);
  return coloured?.code === code ? coloured.nodes : undefined;
}
