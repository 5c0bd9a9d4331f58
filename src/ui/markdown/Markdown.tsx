/**
 * Renders an answer. Loaded on its own (ui/markdown/LazyMarkdown). React elements only, never HTML: tags in
 * the text are shown as text. Nothing is fetched: images become links. While an answer streams, only the
 * last block is parsed again, with its open marks closed.
 */
import { memo, useMemo } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkBreaks from 'remark-breaks';
import remarkCjkFriendly from 'remark-cjk-friendly';
import remarkGfm from 'remark-gfm';
import remend from 'remend';
import { useT } from '../../i18n/language';
import { splitBlocks } from './blocks';
import { CodeBlock } from './CodeBlock';
import { remarkCjkAutolinks } from './cjk-autolinks';
import { safeUrl } from './safe-url';

const PLUGINS = [remarkGfm, remarkCjkFriendly, remarkCjkAutolinks, remarkBreaks];

export interface MarkdownProps {
  readonly text: string;
  readonly isStreaming: boolean;
}

export default function Markdown({ text, isStreaming }: MarkdownProps) {
  const blocks = useMemo(() => splitBlocks(text), [text]);
  return (
    <div className={isStreaming ? 'prose writing' : 'prose'}>
      {blocks.map((block, at) => {
        const isOpen = isStreaming && at === blocks.length - 1;
        return (
          <Block
            // Blocks only ever grow at the end: the position is the identity.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            key={at}
            text={isOpen ? remend(block.text) : block.text}
            isClosed={!isOpen || block.isClosed}
          />
        );
      })}
    </div>
  );
}

const Block = memo(function Block({ text, isClosed }: { text: string; isClosed: boolean }) {
  const components = isClosed ? CLOSED : OPEN;
  return (
    <div className="block">
      <ReactMarkdown remarkPlugins={PLUGINS} urlTransform={safeUrl} components={components}>
        {text}
      </ReactMarkdown>
    </div>
  );
});

function componentsFor(isClosed: boolean): Components {
  return {
    a: ({ href, children }) => <Link href={href}>{children}</Link>,
    img: ({ src, alt }) => <ImageLink src={typeof src === 'string' ? src : undefined} alt={alt} />,
    pre: ({ node }) => {
      const code = node?.children.find((child) => child.type === 'element');
      const language = /language-(\S+)/.exec(String(code?.properties.className ?? ''))?.[1] ?? '';
      return <CodeBlock code={plainText(code).replace(/\n$/, '')} language={language} isClosed={isClosed} />;
    },
    input: ({ checked }) => <TaskBox isChecked={checked === true} />,
  };
}

interface TextNode {
  readonly value?: string;
  readonly children?: readonly TextNode[];
}

function plainText(node: TextNode | undefined): string {
  return node?.value ?? node?.children?.map(plainText).join('') ?? '';
}

const CLOSED = componentsFor(true);
const OPEN = componentsFor(false);

function Link({ href, children }: { href: string | undefined; children: React.ReactNode }) {
  if (!href) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

function ImageLink({ src, alt }: { src: string | undefined; alt: string | undefined }) {
  const t = useT();
  const label = t('markdown.image', { alt: alt || src || '' });
  if (!src) return <span>{label}</span>;
  return (
    <a href={src} target="_blank" rel="noopener noreferrer nofollow" title={t('markdown.imageNote')}>
      {label}
    </a>
  );
}

function TaskBox({ isChecked }: { isChecked: boolean }) {
  const t = useT();
  return (
    <input
      type="checkbox"
      checked={isChecked}
      disabled
      readOnly
      aria-label={t('markdown.task')}
      className="mr-2"
    />
  );
}
