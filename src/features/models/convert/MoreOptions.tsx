/** What few need to touch: quantisation, prompt format, a LoRA. */
import { useId } from 'react';
import { useCatalogueT } from '../../../i18n/catalogue';
import type { Quantization } from '../../../models/architecture';
import { TEMPLATES, type TemplateName } from '../../../models/templates';
import { isQuantized } from '../../../models/tensor-plan';
import { Button } from '../../../ui/Button';
import { FolderPicker } from '../FolderPicker';
import { bytesOf } from '../given-folder';
import { type ConvertForm, quantizationsFor } from './convert-form';

const TEMPLATE_NAMES = Object.keys(TEMPLATES) as TemplateName[];

interface MoreOptionsProps {
  readonly form: ConvertForm;
  readonly onChange: (patch: Partial<ConvertForm>) => void;
}

export function MoreOptions({ form, onChange }: MoreOptionsProps) {
  const t = useCatalogueT();
  const id = useId();
  const { lora, plan, quantization, isCareful, template } = form;
  return (
    <details className="rounded-md border border-line" open={plan.lora !== undefined}>
      <summary className="px-3 py-2 font-medium text-ink">{t('get.more')}</summary>
      <div className="flex flex-col gap-3 px-3 pb-3">
        <label className="flex flex-col gap-1" htmlFor={`${id}-quantization`}>
          <span className="font-medium text-ink">{t('get.quantization')}</span>
          <select
            id={`${id}-quantization`}
            value={quantization}
            onChange={(event) => onChange({ quantization: event.target.value as Quantization })}
            className="field"
          >
            {quantizationsFor(plan.model).map((name) => (
              <option key={name} value={name}>
                {t(`get.quantization.${name}`)}
              </option>
            ))}
          </select>
        </label>
        {isQuantized(quantization) && (
          <label className="flex gap-2" htmlFor={`${id}-careful`}>
            <input
              id={`${id}-careful`}
              type="checkbox"
              checked={isCareful}
              onChange={(event) => onChange({ isCareful: event.target.checked })}
              className="mt-1 shrink-0"
            />
            <span>
              <span className="font-medium text-ink">{t('get.careful')}</span>
              <span className="block text-xs">{t('get.carefulHelp')}</span>
            </span>
          </label>
        )}
        <label className="flex flex-col gap-1" htmlFor={`${id}-template`}>
          <span className="font-medium text-ink">{t('get.template')}</span>
          <select
            id={`${id}-template`}
            value={template ?? ''}
            onChange={(event) => onChange({ template: (event.target.value || undefined) as TemplateName })}
            className="field"
          >
            <option value="">{t('get.templateAuto')}</option>
            {TEMPLATE_NAMES.map((name) => (
              <option key={name} value={name}>
                {t(`get.template.${name}`)}
              </option>
            ))}
          </select>
        </label>
        <div className="flex flex-col gap-1">
          <span className="font-medium text-ink">{t('get.lora')}</span>
          <p className="text-xs">{t('get.loraHelp')}</p>
          {lora ? (
            <p className="numbers flex flex-wrap items-center gap-2 text-ink text-xs">
              {t('get.chosen', {
                label: lora.label,
                count: lora.files.length,
                sizeBytes: bytesOf(lora),
              })}
              <Button look="quiet" onClick={() => onChange({ lora: undefined })}>
                {t('get.remove')}
              </Button>
            </p>
          ) : (
            <FolderPicker
              name="lora-"
              purpose={t('get.lora')}
              onGiven={(given) => onChange({ lora: given })}
            />
          )}
        </div>
      </div>
    </details>
  );
}
