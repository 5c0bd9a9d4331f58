/** Whether a model of the catalogue fits this machine, in words. */
import type { CatalogueTranslator } from '../../../i18n/catalogue';
import { memoryNeeded } from '../../../models/catalogue/memory';
import type { CatalogueModel } from '../../../models/catalogue/types';
import { type AdapterLimits, type Verdict, verdict } from '../../../models/catalogue/verdict';

export interface Machine {
  /** Undefined before the adapter was asked, or without one. */
  readonly adapter: AdapterLimits | undefined;
  /** As the user states it. */
  readonly memoryBytes: number | undefined;
}

/** Of 4-bit weights at the full context; undefined where the shape of the model is not known. */
export function fitOf(model: CatalogueModel, { adapter, memoryBytes }: Machine): Verdict | undefined {
  const { architecture } = model;
  if (!architecture) return undefined;
  return verdict(memoryNeeded(architecture, 'q4f16_1', architecture.contextLength), adapter, memoryBytes);
}

export function fitSentence(t: CatalogueTranslator, { reason, bestContext }: Verdict): string {
  return t(`fit.${reason.key}`, {
    neededBytes: reason.neededBytes,
    contextTokens: reason.contextTokens,
    bestContext,
  });
}
