/** Everything that is to be settled before a conversion begins: source, base, options, room. */
import { useState } from 'react';
import { useCatalogueT } from '../../../i18n/catalogue';
import { packageBytes } from '../../../models/catalogue/memory';
import type { ConvertOrder } from '../../../store/convert-order';
import { Button } from '../../../ui/Button';
import { Dialog } from '../../../ui/Dialog';
import {
  asksIfDelta,
  type ConvertForm,
  type ConvertPlan,
  missingPart,
  needsBase,
  orderOf,
  startForm,
} from './convert-form';
import { MoreOptions } from './MoreOptions';
import { SourceChoice } from './SourceChoice';
import { type Removable, SpaceCheck } from './SpaceCheck';
import { useFreeBytes } from './space';

interface ConvertDialogProps {
  readonly plan: ConvertPlan;
  /** Name of the model that is being converted; nothing else can start meanwhile. */
  readonly running: string | undefined;
  /** Models that could be deleted to make room. */
  readonly removable: readonly Removable[];
  readonly preferredHost: string | null;
  readonly onRemove: (id: string) => void;
  readonly onStart: (order: ConvertOrder) => void;
  readonly onClose: () => void;
}

export function ConvertDialog(props: ConvertDialogProps) {
  const { plan, running, removable, preferredHost, onRemove, onStart, onClose } = props;
  const t = useCatalogueT();
  const [form, setForm] = useState(() => startForm(plan, preferredHost));
  const change = (patch: Partial<ConvertForm>) => setForm((before) => ({ ...before, ...patch }));
  const freeBytes = useFreeBytes(removable);
  const order = orderOf(form);
  const missing = missingPart(form);
  const { model } = plan;
  const keptBytes = model?.architecture && packageBytes(model.architecture, form.quantization);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={titleOf(t, plan)}
      className="w-[min(36rem,calc(100vw-1.5rem))]"
      actions={
        <>
          {missing && (
            <p className="min-w-0 flex-1 basis-40 self-center text-soft text-xs">
              {t(`get.missing.${missing}`)}
            </p>
          )}
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button
            look="primary"
            disabled={!order || running !== undefined}
            onClick={() => order && onStart(order)}
          >
            {running === undefined ? t('get.start') : t('get.startAfter', { model: running })}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        {plan.lora && !plan.given && <p>{t('get.introLora')}</p>}
        <SourceChoice
          legend={t('get.source')}
          name="source"
          place={form.source}
          sources={model?.sources ?? []}
          onChange={(source) => change({ source })}
        />
        {asksIfDelta(form) && (
          <label className="flex items-center gap-2.5 text-ink">
            <input
              type="checkbox"
              checked={form.isDelta}
              onChange={(event) => change({ isDelta: event.target.checked })}
              className="accent-(--accent)"
            />
            {t('get.isDelta')}
          </label>
        )}
        {needsBase(form) && (
          <SourceChoice
            legend={t('get.base')}
            help={t('get.baseWhy')}
            name="base"
            place={form.base}
            sources={[]}
            onChange={(base) => change({ base })}
          />
        )}
        <MoreOptions form={form} onChange={change} />
        <section className="flex flex-col gap-1.5">
          <h3 className="font-semibold text-ink">{t('get.space')}</h3>
          <SpaceCheck keptBytes={keptBytes} freeBytes={freeBytes} removable={removable} onRemove={onRemove} />
          <p className="text-xs">{t('get.persist')}</p>
        </section>
        {running !== undefined && <p role="status">{t('get.oneAtATime', { model: running })}</p>}
      </div>
    </Dialog>
  );
}

function titleOf(t: ReturnType<typeof useCatalogueT>, { name, given, lora }: ConvertPlan): string {
  if (lora && !given) return t('get.titleLora', { lora: lora.label });
  return t(given ? 'get.titleGiven' : 'get.title', { model: name });
}
