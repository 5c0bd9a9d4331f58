/** What is missing to run models here, and what to do about it; the first thing a user without a GPU sees. */
import type { AppError } from '../../core/errors';
import { useT } from '../../i18n/language';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';

export function GpuProblem({ problem, onAgain }: { problem: AppError; onAgain: () => void }) {
  const t = useT();
  return (
    <Notice kind="error" isAlert action={<Button onClick={onAgain}>{t('doctor.again')}</Button>}>
      <strong className="font-semibold">{t('doctor.problem')}</strong>
      <p className="text-soft">{t.error(problem)}</p>
    </Notice>
  );
}
