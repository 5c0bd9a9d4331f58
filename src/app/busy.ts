/** Whether something runs that a reload would cut short: an answer or an import. */
import { useSyncExternalStore } from 'react';
import { useImport } from '../features/models/import-store';
import { chatStore } from './services';

export function isBusy(): boolean {
  return chatStore.getState().running !== null || useImport.getState().job !== null;
}

function onChange(listener: () => void): () => void {
  const ends = [chatStore.subscribe(listener), useImport.subscribe(listener)];
  return () => {
    for (const end of ends) end();
  };
}

export function useBusy(): boolean {
  return useSyncExternalStore(onChange, isBusy);
}
