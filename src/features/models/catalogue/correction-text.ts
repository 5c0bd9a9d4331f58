import type { CatalogueTranslator } from '../../../i18n/catalogue';
import type { Correction } from '../../../models/catalogue/types';

/** What of a published configuration was wrong, what it is set to, and why. */
export function correctionText(
  t: CatalogueTranslator,
  { field, published, corrected, reason }: Correction,
): string {
  const show = (value: unknown) => (value === undefined ? t('catalogue.absent') : JSON.stringify(value));
  return t('catalogue.correction', {
    field,
    published: show(published),
    corrected: show(corrected),
    reason: t(`catalogue.reason.${reason}`),
  });
}
