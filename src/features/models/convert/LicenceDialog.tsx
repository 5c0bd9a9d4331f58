/** What a licence permits, forbids and demands, its official text, and the user's consent. */
import { Check, CircleAlert, X } from 'lucide-react';
import { useCatalogueT } from '../../../i18n/catalogue';
import { LICENCES } from '../../../models/catalogue/licences';
import type { CatalogueModel } from '../../../models/catalogue/types';
import { Button } from '../../../ui/Button';
import { Dialog } from '../../../ui/Dialog';

interface LicenceDialogProps {
  readonly model: CatalogueModel;
  readonly onAccept: () => void;
  readonly onClose: () => void;
}

const GROUPS = [
  { group: 'permits', icon: <Check size={15} aria-hidden className="text-accent" /> },
  { group: 'forbids', icon: <X size={15} aria-hidden className="text-danger" /> },
  { group: 'demands', icon: <CircleAlert size={15} aria-hidden className="text-warn" /> },
] as const;

export function LicenceDialog({ model, onAccept, onClose }: LicenceDialogProps) {
  const t = useCatalogueT();
  const licence = LICENCES[model.licence];
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('licence.title', { model: model.name })}
      className="w-[min(32rem,calc(100vw-2rem))]"
      actions={
        <>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button look="primary" onClick={onAccept}>
            {t('licence.accept')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <p>
          <strong className="font-semibold text-ink">{t(`licence.name.${model.licence}`)}</strong>
          {licence.effective && ` · ${t('licence.effective', { date: dateIn(t.locale, licence.effective) })}`}
          <br />
          {t('licence.intro')}
        </p>
        {GROUPS.map(({ group, icon }) => (
          <div key={group} className="flex flex-col gap-1">
            <h3 className="font-semibold text-ink">{t(`licence.${group}`)}</h3>
            <ul className="flex flex-col gap-1">
              {licence[group].map((point) => (
                <li key={point} className="flex gap-2">
                  <span className="flex h-[1.5em] items-center">{icon}</span>
                  {t(`licence.point.${point}`)}
                </li>
              ))}
            </ul>
          </div>
        ))}
        <a
          href={licence.urls[0]}
          target="_blank"
          rel="noreferrer"
          className="self-start text-accent underline underline-offset-2 hover:text-accent-hover"
        >
          {t('licence.official')}
        </a>
      </div>
    </Dialog>
  );
}

const dateIn = (locale: string, iso: string) =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(iso));
