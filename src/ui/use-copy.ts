import { useEffect, useRef, useState } from 'react';
import { currentTranslator } from '../i18n/language';
import { showToast } from './toast';

const SHOWN_MS = 1500;

/** Copies text and says for a moment that it did. */
export function useCopy() {
  const [isCopied, setIsCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async (text: string) => {
    try {
      await navigator.clipboard.writeText(text);
      setIsCopied(true);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setIsCopied(false), SHOWN_MS);
    } catch {
      showToast({ text: currentTranslator()('chat.copyFailed') });
    }
  };
  return { isCopied, copy };
}
