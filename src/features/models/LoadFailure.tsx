import type { AppError } from '../../core/errors';
import { useT } from '../../i18n/language';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';

interface LoadFailureProps {
  readonly modelName: string;
  readonly error: AppError;
  readonly onAgain: () => void;
}

export function LoadFailure({ modelName, error, onAgain }: LoadFailureProps) {
  const t = useT();
  return (
    <Notice kind="error" isAlert action={<Button onClick={onAgain}>{t('model.retry')}</Button>}>
      <strong className="font-semibold">{t('model.loadFailed', { model: modelName })}</strong>
      <p className="text-soft">{t.error(error)}</p>
    </Notice>
  );
}
