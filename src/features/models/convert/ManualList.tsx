/** The files of a source with links and sizes, for people whose network lets no page read the hub. */
import { Copy } from 'lucide-react';
import type { ReactNode } from 'react';
import { type DownloadItem, downloadList, type ListedFile } from '../../../convert/sources/download-list';
import { useCatalogueT } from '../../../i18n/catalogue';
import type { RemoteSource } from '../../../store/convert-order';
import { Button } from '../../../ui/Button';
import { useCopy } from '../../../ui/use-copy';

interface ManualListProps {
  readonly source: RemoteSource;
  /** Undefined where they are not known before a test. */
  readonly files: readonly ListedFile[] | undefined;
}

export function ManualList({ source, files }: ManualListProps) {
  const t = useCatalogueT();
  const { isCopied, copy } = useCopy();
  const links = files && listOf(source, files);
  const hasGuesses = links?.some(({ isGuess }) => isGuess);
  return (
    <details className="text-xs">
      <summary className="w-fit text-accent hover:text-accent-hover">{t('get.manual')}</summary>
      <div className="mt-1.5 flex flex-col gap-2">
        <p>{t('get.manualHelp')}</p>
        {links ? (
          <>
            <div className="flex flex-wrap items-center gap-2">
              <Button icon={Copy} onClick={() => void copy(links.map(({ url }) => url).join('\n'))}>
                {t(isCopied ? 'chat.copied' : 'get.manualCopy')}
              </Button>
              <span className="numbers">
                {t('get.manualTotal', {
                  count: links.length,
                  sizeBytes: links.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0),
                })}
              </span>
            </div>
            <ul className="flex max-h-48 flex-col overflow-y-auto rounded-md border border-line px-2 py-1">
              {links.map((file) => (
                <Row key={file.name} file={file} />
              ))}
            </ul>
            {hasGuesses && <p className="text-faint">{t('get.manualGuess')}</p>}
          </>
        ) : (
          <p>{t('get.manualUnknown')}</p>
        )}
      </div>
    </details>
  );
}

function Row({ file: { name, sizeBytes, url, mirrorUrl, isGuess } }: { file: DownloadItem }) {
  const t = useCatalogueT();
  return (
    <li className="flex flex-wrap justify-between gap-x-3 py-0.5">
      <Link url={url}>
        {name}
        {isGuess && ' *'}
      </Link>
      <span className="numbers flex shrink-0 gap-3 text-faint">
        {sizeBytes !== undefined && t.bytes(sizeBytes)}
        {mirrorUrl && <Link url={mirrorUrl}>{t('get.mirror')}</Link>}
      </span>
    </li>
  );
}

function Link({ url, children }: { url: string; children: ReactNode }) {
  return (
    <a
      href={url}
      target="_blank"
      rel="noreferrer"
      className="min-w-0 text-accent [overflow-wrap:anywhere] underline underline-offset-2 hover:text-accent-hover"
    >
      {children}
    </a>
  );
}

function listOf(source: RemoteSource, files: readonly ListedFile[]): readonly DownloadItem[] {
  if (source.kind !== 'url') return downloadList(source, files);
  return files.map((file) => ({
    ...file,
    url: new URL(file.name, source.url).href,
    mirrorUrl: undefined,
    isGuess: false,
  }));
}
