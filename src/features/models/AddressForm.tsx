import { useId, useState } from 'react';
import { useT } from '../../i18n/language';
import { Button } from '../../ui/Button';
import { useEnter } from '../../ui/use-enter';
import type { ConvertPlan } from './convert/convert-form';
import { planForAddress } from './convert/recognise';
import { parseAddress } from './import-store';

interface AddressFormProps {
  /** The address of a finished package. */
  readonly onStart: (url: string) => void;
  /** A repository of a model hub: its publisher's own weights. */
  readonly onConvert: (plan: ConvertPlan) => void;
}

export function AddressForm({ onStart, onConvert }: AddressFormProps) {
  const t = useT();
  const id = useId();
  const [text, setText] = useState('');
  const [isWrong, setIsWrong] = useState(false);

  const start = () => {
    const plan = planForAddress(text);
    const url = parseAddress(text);
    setIsWrong(!plan && !url);
    if (plan) onConvert(plan);
    else if (url) onStart(url);
  };
  const keys = useEnter({ onEnter: start });

  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        {t('models.importUrl')}
      </label>
      <div className="flex gap-2">
        <input
          id={id}
          type="url"
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
          placeholder="https://"
          value={text}
          aria-invalid={isWrong}
          aria-describedby={`${id}-help`}
          onChange={(event) => {
            setText(event.target.value);
            setIsWrong(false);
          }}
          className="field min-w-0 flex-1"
          {...keys}
        />
        <Button onClick={start} disabled={text.trim() === ''}>
          {t('models.urlStart')}
        </Button>
      </div>
      <p id={`${id}-help`} className={isWrong ? 'text-danger text-xs' : 'text-faint text-xs'}>
        {t(isWrong ? 'models.urlInvalid' : 'models.urlHelp')}
      </p>
    </div>
  );
}
