import { useT } from '../../i18n/language';
import { useChat } from './context';

interface EmptyChatProps {
  readonly modelName: string;
  /** The model that comes with the app: says what it knows and offers questions. */
  readonly isBuiltIn: boolean;
  readonly canSend: boolean;
}

const QUESTIONS = ['empty.ask1', 'empty.ask2', 'empty.ask3', 'empty.ask4'] as const;

export function EmptyChat({ modelName, isBuiltIn, canSend }: EmptyChatProps) {
  const t = useT();
  const send = useChat((state) => state.send);
  const isBusy = useChat((state) => state.running !== null);
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
      <div className="mx-auto mt-auto mb-auto flex w-full max-w-[46rem] flex-col gap-5 px-5 py-8 md:px-8">
        <div className="flex flex-col gap-2">
          <h1 className="font-semibold text-[1.375rem] leading-snug tracking-[-0.01em]">
            {t('empty.title')}
          </h1>
          <div className="flex max-w-[36rem] flex-col gap-1 text-soft">
            <p>{t('empty.local')}</p>
            {isBuiltIn && <p>{t('empty.builtIn', { model: modelName })}</p>}
          </div>
        </div>
        {isBuiltIn && (
          <ul aria-label={t('empty.suggestions')} className="flex flex-wrap gap-2">
            {QUESTIONS.map((key) => (
              <li key={key}>
                <button
                  type="button"
                  disabled={!canSend || isBusy}
                  onClick={() => send(t(key))}
                  className="rounded-lg border border-line bg-raised px-3 py-1.5 text-left text-soft transition-colors hover:border-line-strong hover:text-ink disabled:pointer-events-none disabled:opacity-50"
                >
                  {t(key)}
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
