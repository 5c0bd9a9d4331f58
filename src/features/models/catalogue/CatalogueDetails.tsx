/** Behind "Details": sources, memory at several contexts, what is corrected, and what nobody states. */
import { type CatalogueTranslator, useCatalogueT } from '../../../i18n/catalogue';
import type { Quantization } from '../../../models/architecture';
import { isPinned } from '../../../models/catalogue';
import { memoryNeeded } from '../../../models/catalogue/memory';
import type { CatalogueModel, CatalogueSource } from '../../../models/catalogue/types';
import { peakBytes, type Verdict } from '../../../models/catalogue/verdict';
import { Button } from '../../../ui/Button';
import { correctionText } from './correction-text';
import { fitSentence } from './fit';

interface CatalogueDetailsProps {
  readonly model: CatalogueModel;
  readonly fit: Verdict | undefined;
  /** Present where the model is there already. */
  readonly onAgain: (() => void) | undefined;
}

export function CatalogueDetails({ model, fit, onAgain }: CatalogueDetailsProps) {
  const t = useCatalogueT();
  const { corrections, name, sources, unknown } = model;
  // A problem stands in the card already.
  const isFitToldHere = fit?.verdict === 'fits' || fit?.verdict === 'unknown';
  return (
    <details className="w-full text-xs">
      <summary
        aria-label={t('catalogue.detailsNamed', { model: name })}
        className="w-fit text-accent hover:text-accent-hover"
      >
        {t('catalogue.details')}
      </summary>
      <div className="flex flex-col gap-3 pt-2 text-soft">
        {fit && isFitToldHere && <p className="numbers">{fitSentence(t, fit)}</p>}
        <MemoryTable model={model} />
        {sources.length > 0 && (
          <Part title={t('catalogue.sources')}>
            {sources.map((source) => (
              <li key={`${source.host} ${source.repo}`} className="[overflow-wrap:anywhere]">
                <a
                  href={pageOf(source)}
                  target="_blank"
                  rel="noreferrer"
                  className="text-accent underline underline-offset-2 hover:text-accent-hover"
                >
                  {source.repo}
                </a>
                {` · ${sourceFacts(t, source)}`}
              </li>
            ))}
          </Part>
        )}
        {corrections.length > 0 && (
          <Part title={t('catalogue.corrections')}>
            {corrections.map((correction) => (
              <li key={correction.field}>{correctionText(t, correction)}</li>
            ))}
          </Part>
        )}
        {unknown.length > 0 && (
          <Part title={t('catalogue.unknowns')}>
            {unknown.map((fact) => (
              <li key={fact}>{t(`unknown.${fact}`)}</li>
            ))}
          </Part>
        )}
        {onAgain && (
          <Button className="self-start" onClick={onAgain}>
            {t('catalogue.again')}
          </Button>
        )}
      </div>
    </details>
  );
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <div className="flex flex-col gap-0.5">
      <h5 className="font-semibold text-ink">{title}</h5>
      <ul className="flex list-disc flex-col gap-0.5 pl-4 marker:text-faint">{children}</ul>
    </div>
  );
}

const CONTEXTS = [2048, 4096, 8192, 16_384];

function MemoryTable({ model: { architecture } }: { model: CatalogueModel }) {
  const t = useCatalogueT();
  if (!architecture) return null;
  const { contextLength } = architecture;
  const contexts = [...CONTEXTS.filter((tokens) => tokens < contextLength), contextLength];
  const rows: readonly (readonly [Quantization, number])[] = [
    ...contexts.map((tokens) => ['q4f16_1', tokens] as const),
    ['q4f32_1', contextLength],
  ];
  const heads = ['quantization', 'context', 'weights', 'cache', 'total'] as const;
  return (
    <div className="flex flex-col gap-1">
      <h5 className="font-semibold text-ink">{t('catalogue.memory')}</h5>
      <table className="numbers w-fit">
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col" className="pr-3 text-left font-normal text-faint">
                {t(`catalogue.memoryHead.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([quantization, tokens]) => {
            const needed = memoryNeeded(architecture, quantization, tokens);
            const cells = [
              quantization,
              t.number(tokens),
              t.bytes(needed.weightsBytes),
              t.bytes(needed.kvBytes),
              t.bytes(peakBytes(needed)),
            ];
            return (
              <tr key={`${quantization} ${tokens}`}>
                {cells.map((cell, at) => (
                  <td key={heads[at]} className="pr-3 whitespace-nowrap">
                    {cell}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className="text-faint">{t('catalogue.hints')}</p>
    </div>
  );
}

function pageOf({ host, repo, revision }: CatalogueSource): string {
  return host === 'hugging-face'
    ? `https://huggingface.co/${repo}/tree/${revision}`
    : `https://modelscope.cn/models/${repo}/files`;
}

function sourceFacts(t: CatalogueTranslator, source: CatalogueSource): string {
  const { by, downloadBytes, dtype, format, host, isComputed, revision } = source;
  const name = t(`host.${host}`);
  const short = { revision: revision.length === 40 ? revision.slice(0, 7) : revision };
  return [
    by ? t('catalogue.by', { host: name, by }) : name,
    `${format === 'torch' ? 'PyTorch' : 'safetensors'} ${dtype}`,
    `${isComputed ? '≈ ' : ''}${t.bytes(downloadBytes)}`,
    t(isPinned(source) ? 'catalogue.pinned' : 'catalogue.branch', short),
  ].join(' · ');
}
