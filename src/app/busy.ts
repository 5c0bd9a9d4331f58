/** What is under way: for what a reload would cut short, and for what the engine's model must not change under. */
import { useSyncExternalStore } from 'react';
import { useImport } from '../features/models/import-store';
import { chatStore, useConvert } from './services';

/** A reload would cut something short: an answer, an import or a conversion. */
export function isBusy(): boolean {
  return isEngineBusy() || useConvert.getState().job !== null;
}

/** Models are neither loaded nor deleted under an answer or an import. A conversion minds neither. */
export function isEngineBusy(): boolean {
  return chatStore.getState().running !== null || useImport.getState().job !== null;
}

function onChange(listener: () => void): () => void {
  const ends = [chatStore.subscribe(listener), useImport.subscribe(listener), useConvert.subscribe(listener)];
  return () => {
    for (const end of ends) end();
  };
}

export function useBusy(): boolean {
  return useSyncExternalStore(onChange, isBusy);
}

export function useEngineBusy(): boolean {
  return useSyncExternalStore(onChange, isEngineBusy);
}
