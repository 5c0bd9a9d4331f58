import { Component, type ReactNode } from 'react';
import { currentTranslator } from '../i18n/language';
import { Button } from '../ui/Button';

interface State {
  readonly error: Error | null;
}

/** The last net: a fault in the interface shows a sentence and a way out instead of an empty page. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    const t = currentTranslator();
    return (
      <main className="mx-auto flex h-full max-w-xl flex-col justify-center gap-4 p-6">
        <h1 className="font-semibold text-xl">{t('app.crashed')}</h1>
        <p className="text-soft">{t('app.crashedHelp')}</p>
        <Button look="primary" className="self-start" onClick={() => location.reload()}>
          {t('app.reload')}
        </Button>
        <pre className="overflow-auto rounded-md bg-code p-3 text-xs">{error.stack ?? error.message}</pre>
      </main>
    );
  }
}
