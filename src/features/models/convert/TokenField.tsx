/** An access token for one host: written down masked, never shown again, removable. */
import { useEffect, useId, useState } from 'react';
import { useCatalogueT } from '../../../i18n/catalogue';
import { deleteHubToken, listTokenHosts, writeHubToken } from '../../../store/hub-tokens';
import { Button } from '../../../ui/Button';
import { showToast } from '../../../ui/toast';
import { useEnter } from '../../../ui/use-enter';

interface TokenFieldProps {
  readonly host: string;
  /** The token has changed: what was refused may be tried again. */
  readonly onChange: () => void;
}

export function TokenField({ host, onChange }: TokenFieldProps) {
  const t = useCatalogueT();
  const id = useId();
  const [text, setText] = useState('');
  const [isKept, setIsKept] = useState(false);

  useEffect(() => {
    listTokenHosts().then(
      (hosts) => setIsKept(hosts.includes(host)),
      () => setIsKept(false),
    );
  }, [host]);

  const apply = async (work: Promise<void>, isNowKept: boolean) => {
    try {
      await work;
      setText('');
      setIsKept(isNowKept);
      onChange();
    } catch (error) {
      showToast({ text: t.error(error) });
    }
  };
  const save = () => {
    if (text.trim()) void apply(writeHubToken(host, text), true);
  };
  const keys = useEnter({ onEnter: save });

  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium text-ink">
        {t('get.token')}
      </label>
      <div className="flex flex-wrap gap-2">
        <input
          id={id}
          type="password"
          autoComplete="off"
          spellCheck={false}
          placeholder={isKept ? t('get.tokenSaved') : ''}
          value={text}
          aria-describedby={`${id}-help`}
          onChange={(event) => setText(event.target.value)}
          className="field min-w-0 flex-1 basis-40"
          {...keys}
        />
        <Button onClick={save} disabled={text.trim() === ''}>
          {t('get.tokenSave')}
        </Button>
        {isKept && (
          <Button look="quiet" onClick={() => void apply(deleteHubToken(host), false)}>
            {t('get.tokenRemove')}
          </Button>
        )}
      </div>
      <p id={`${id}-help`} className="text-faint text-xs">
        {t('get.tokenHelp', { host })}
      </p>
    </div>
  );
}
