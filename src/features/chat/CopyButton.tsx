import { Check, Copy } from 'lucide-react';
import { useT } from '../../i18n/language';
import { IconButton } from '../../ui/Button';
import { useCopy } from '../../ui/use-copy';

export function CopyButton({ text }: { text: string }) {
  const t = useT();
  const { isCopied, copy } = useCopy();
  return (
    <>
      <IconButton
        size="small"
        icon={isCopied ? Check : Copy}
        label={t('chat.copy')}
        onClick={() => void copy(text)}
      />
      <span role="status" className="sr-only">
        {isCopied ? t('chat.copied') : ''}
      </span>
    </>
  );
}
