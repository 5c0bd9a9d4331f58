import { useT } from '../../i18n/language';

/** What it is, and the whole list of what it may contact. Each sentence has to stay literally true. */
export function About({ version }: { version: string }) {
  const t = useT();
  return (
    <div className="flex flex-col gap-4">
      <div>
        <p>{t('settings.aboutText')}</p>
        <p className="numbers text-soft">{t('settings.version', { version })}</p>
      </div>
      <div className="flex flex-col gap-1.5">
        <h3 className="font-semibold">{t('settings.privacy')}</h3>
        <p className="text-soft">{t('settings.privacyIntro')}</p>
        <ul className="flex list-disc flex-col gap-1 pl-5 text-soft marker:text-faint">
          <li className="[overflow-wrap:anywhere]">
            {t('settings.privacyOrigin', { origin: location.origin })}
          </li>
          <li>{t('settings.privacyUrl')}</li>
          <li>{t('settings.privacyHubs')}</li>
          <li>{t('settings.privacyStock')}</li>
        </ul>
        <p className="text-soft">{t('settings.privacyNone')}</p>
      </div>
    </div>
  );
}
