/** Conversions that were paused or cut off: how far they are, what it takes to go on, and a way to be rid of them. */
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { AppError } from '../../../core/errors';
import { type CatalogueTranslator, useCatalogueT } from '../../../i18n/catalogue';
import { SOURCE_ROLES } from '../../../store/convert-order';
import { Button, IconButton } from '../../../ui/Button';
import { cx } from '../../../ui/cx';
import { Dialog } from '../../../ui/Dialog';
import { Progress } from '../../../ui/Progress';
import { showToast } from '../../../ui/toast';
import type { ConvertStore } from './convert-store';
import type { UnfinishedConversion } from './ports';

interface UnfinishedListProps {
  readonly useConvert: ConvertStore;
  readonly onResume: (conversion: UnfinishedConversion) => void;
}

export function UnfinishedList({ useConvert, onResume }: UnfinishedListProps) {
  const t = useCatalogueT();
  const { unfinished, job, discard, inHand } = useConvert();
  const [doomed, setDoomed] = useState<UnfinishedConversion>();
  // The one that runs is shown by itself.
  const shown = unfinished.filter(({ id }) => id !== job?.order.id);

  const onDiscard = async ({ id, name }: UnfinishedConversion) => {
    setDoomed(undefined);
    try {
      await discard(id);
      showToast({ text: t('convert.discarded', { model: name }) });
    } catch (error) {
      showToast({ text: t.error(error) });
    }
  };

  if (shown.length === 0) return null;
  return (
    <>
      <ul className="flex flex-col divide-y divide-line border-line border-b">
        {shown.map((conversion) => (
          <Row
            key={conversion.id}
            conversion={conversion}
            running={job?.order.name}
            isInHand={inHand(conversion.id) !== undefined}
            onResume={() => onResume(conversion)}
            onDiscard={() => setDoomed(conversion)}
          />
        ))}
      </ul>
      <Dialog
        isOpen={doomed !== undefined}
        onClose={() => setDoomed(undefined)}
        title={t('convert.discardTitle', { model: doomed?.name ?? '' })}
        actions={
          <>
            <Button onClick={() => setDoomed(undefined)}>{t('dialog.cancel')}</Button>
            <Button look="danger" onClick={() => doomed && void onDiscard(doomed)}>
              {t('convert.discard')}
            </Button>
          </>
        }
      >
        {t('convert.discardBody', { doneBytes: doomed?.doneBytes })}
      </Dialog>
    </>
  );
}

interface RowProps {
  readonly conversion: UnfinishedConversion;
  /** Name of the model that is being converted. */
  readonly running: string | undefined;
  /** Its files can still be read. */
  readonly isInHand: boolean;
  readonly onResume: () => void;
  readonly onDiscard: () => void;
}

function Row({ conversion, running, isInHand, onResume, onDiscard }: RowProps) {
  const t = useCatalogueT();
  const { name, order, doneBytes, totalBytes, error, isRunning } = conversion;
  const share = totalBytes > 0 ? Math.min(1, doneBytes / totalBytes) : 0;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
      <div className="flex min-w-0 flex-1 basis-60 flex-col gap-1">
        <div className="flex min-w-0 flex-wrap items-baseline gap-x-2">
          {/* Not a level-three heading: those name the models that are there. */}
          <span className="font-semibold [overflow-wrap:anywhere]">{name}</span>
          <span className="text-faint text-xs">{order.quantization}</span>
          <span className={cx('text-xs', isRunning ? 'text-accent' : 'text-warn')}>
            {t(isRunning ? 'convert.elsewhere' : 'convert.paused')}
          </span>
        </div>
        <Progress label={t('convert.progressOf', { model: name })} value={share} className="max-w-60" />
        <p className="numbers text-soft text-xs">
          {t('convert.progress', { percent: `${Math.floor(share * 100)}%`, doneBytes, totalBytes })}
        </p>
        {error && !isRunning && (
          <p className="text-danger text-xs">{t.error(new AppError(error.code, error.details))}</p>
        )}
        <p className="text-soft text-xs">
          {isRunning
            ? t('convert.elsewhereHelp')
            : running === undefined
              ? needText(t, isInHand ? { ...conversion, need: 'at-once' } : conversion)
              : t('get.oneAtATime', { model: running })}
        </p>
      </div>
      <div className="flex items-center gap-1.5">
        <Button
          disabled={running !== undefined}
          aria-label={t('catalogue.resumeNamed', { model: name })}
          onClick={onResume}
        >
          {t('catalogue.resume')}
        </Button>
        <IconButton icon={Trash2} label={t('convert.discardNamed', { model: name })} onClick={onDiscard} />
      </div>
    </li>
  );
}

function needText(t: CatalogueTranslator, { need, order }: UnfinishedConversion): string {
  const labels = SOURCE_ROLES.flatMap((role) => {
    const source = order[role];
    return source?.kind === 'files' ? [source.label] : [];
  });
  return t(`convert.need.${need}`, { folder: labels.join(t.language === 'zh' ? '”“' : '”, “') });
}
