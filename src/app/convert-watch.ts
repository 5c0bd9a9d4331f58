/** What follows the end of a conversion wherever the user is: the list of models, and word of it. */
import { currentTranslator } from '../i18n/language';
import { showToast } from '../ui/toast';
import { useConvert, useModels } from './services';
import { go, parseRoute } from './use-route';

export function watchConversions(): void {
  useConvert.subscribe(({ end }, before) => {
    if (!end || end === before.end) return;
    void useModels.getState().refresh();
    // On the Models screen a notice says more.
    if (parseRoute(location.hash).screen === 'models') return;
    const t = currentTranslator();
    showToast({
      text: t(end.kind === 'done' ? 'convert.doneToast' : 'convert.failedToast', { model: end.order.name }),
      action: { label: t('convert.see'), run: () => go({ screen: 'models' }) },
    });
  });
}
