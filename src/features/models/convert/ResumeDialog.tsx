/** Asks again for the folders of a conversion, to go on with it or to mend its model: a page may not keep files it was given. */
import { useState } from 'react';
import { useCatalogueT } from '../../../i18n/catalogue';
import { type GivenFiles, SOURCE_ROLES, type StoredOrder } from '../../../store/convert-order';
import { Button } from '../../../ui/Button';
import { Dialog } from '../../../ui/Dialog';
import { FolderPicker } from '../FolderPicker';
import { bytesOf, type GivenFolder } from '../given-folder';

interface ResumeDialogProps {
  /** What people call the model. */
  readonly name: string;
  readonly order: StoredOrder;
  readonly onGiven: (given: GivenFiles) => void;
  readonly onClose: () => void;
}

export function ResumeDialog({ name, order, onGiven, onClose }: ResumeDialogProps) {
  const t = useCatalogueT();
  const [folders, setFolders] = useState<Readonly<Record<string, GivenFolder>>>({});
  const needed = SOURCE_ROLES.flatMap((role) => {
    const source = order[role];
    return source?.kind === 'files' ? [{ role, label: source.label }] : [];
  });
  const isComplete = needed.every(({ role }) => folders[role]);
  const give = () => onGiven(Object.fromEntries(needed.map(({ role }) => [role, folders[role]!.files])));
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('convert.again', { model: name })}
      actions={
        <>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button look="primary" disabled={!isComplete} onClick={give}>
            {t('convert.continue')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <p>{t('convert.againHelp')}</p>
        {needed.map(({ role, label }) => {
          const given = folders[role];
          return (
            <div key={role} className="flex flex-col gap-1.5">
              <h3 className="font-semibold text-ink">
                {t(`convert.role.${role}`)} <span className="font-normal text-soft">{label}</span>
              </h3>
              <FolderPicker
                name={`again-${role}-`}
                purpose={t(`convert.role.${role}`)}
                onGiven={(folder) => setFolders((before) => ({ ...before, [role]: folder }))}
              />
              <p role="status" className="numbers text-ink text-xs">
                {given
                  ? t('get.chosen', {
                      label: given.label,
                      count: given.files.length,
                      sizeBytes: bytesOf(given),
                    })
                  : t('get.notChosen')}
              </p>
              {given && given.label !== label && (
                <p className="text-warn text-xs">{t('convert.otherFolder', { label })}</p>
              )}
            </div>
          );
        })}
      </div>
    </Dialog>
  );
}
