/** How the last conversion ended: what was corrected and left out on the way, or what went wrong. */
import { useCatalogueT } from '../../../i18n/catalogue';
import { catalogueModel } from '../../../models/catalogue';
import { LICENCES } from '../../../models/catalogue/licences';
import { Button } from '../../../ui/Button';
import { Notice } from '../../../ui/Notice';
import { correctionText } from '../catalogue/correction-text';
import type { ConvertEnd, ConvertStore } from './convert-store';

interface EndNoticeProps {
  readonly useConvert: ConvertStore;
  readonly onUse: (modelId: string) => void;
  readonly onResume: (id: string) => void;
}

export function EndNotice({ useConvert, onUse, onResume }: EndNoticeProps) {
  const t = useCatalogueT();
  const { end, unfinished, dismiss } = useConvert();
  if (!end) return null;
  const close = (
    <Button look="quiet" onClick={dismiss}>
      {t('dialog.close')}
    </Button>
  );
  const { id, name } = end.order;
  if (end.kind === 'failed') {
    const isKept = unfinished.some((conversion) => conversion.id === id);
    return (
      <Notice
        kind="error"
        isAlert
        action={
          <>
            {isKept && <Button onClick={() => onResume(id)}>{t('convert.continue')}</Button>}
            {close}
          </>
        }
      >
        <strong className="font-semibold">{t('convert.failed', { model: name })}</strong>
        <p className="text-soft">{t.error(end.error)}</p>
        {isKept && <p className="text-soft">{t('convert.failedKept')}</p>}
      </Notice>
    );
  }
  return (
    <div role="status">
      <Notice
        kind="info"
        action={
          <>
            <Button onClick={() => onUse(end.result.modelId)}>{t('convert.use')}</Button>
            {close}
          </>
        }
      >
        <strong className="font-semibold">{t('convert.done', { model: name })}</strong>
        <Remarks end={end} />
      </Notice>
    </div>
  );
}

function Remarks({ end: { order, result } }: { end: Extract<ConvertEnd, { kind: 'done' }> }) {
  const t = useCatalogueT();
  const { corrections, ignoredTensors } = result;
  const model = order.catalogueId === undefined ? undefined : catalogueModel(order.catalogueId);
  return (
    <div className="flex flex-col gap-1 text-soft">
      {corrections.length > 0 && (
        <Remark title={t('convert.corrected', { count: corrections.length })}>
          {corrections.map((correction) => (
            <li key={correction.field}>{correctionText(t, correction)}</li>
          ))}
        </Remark>
      )}
      {ignoredTensors.length > 0 && (
        <Remark title={t('convert.ignored', { count: ignoredTensors.length })}>
          {ignoredTensors.map((tensor) => (
            <li key={tensor} className="font-mono">
              {tensor}
            </li>
          ))}
        </Remark>
      )}
      {corrections.length + ignoredTensors.length === 0 && <p>{t('convert.noRemarks')}</p>}
      {model && (
        <p>
          {t(LICENCES[model.licence].mayPublishPackage ? 'convert.licenceDone' : 'convert.licencePrivate')}
        </p>
      )}
    </div>
  );
}

function Remark({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <details>
      <summary className="w-fit">{title}</summary>
      <ul className="max-h-40 list-disc overflow-y-auto pl-5 text-xs">{children}</ul>
    </details>
  );
}
