/** What each model is for, in a line. */
import type { CatalogueKey } from '../../../i18n/catalogue-zh-CN';

type Purpose = Extract<CatalogueKey, `purpose.${string}`>;

const PURPOSES: Readonly<Record<string, Purpose>> = {
  'aquilachat2-7b': 'purpose.aquilachat2-7b',
  'aquilachat2-7b-16k': 'purpose.aquilachat2-7b-16k',
  'aquilachat2-34b': 'purpose.aquilachat2-34b',
  'aquilachat2-34b-16k': 'purpose.aquilachat2-34b-16k',
  'aquilachat2-70b-expr': 'purpose.aquilachat2-70b-expr',
  'aquila2-7b': 'purpose.aquila2-2024',
  'aquila2-34b': 'purpose.aquila2-2024',
  'aquila2-7b-2023': 'purpose.aquila2-2023',
  'aquila2-34b-2023': 'purpose.aquila2-2023',
  'aquila2-70b-expr': 'purpose.aquila2-70b-expr',
  'aquilachat-7b': 'purpose.aquilachat-7b',
  'aquilachat-33b': 'purpose.aquilachat-33b',
  'aquila-7b': 'purpose.aquila',
  'aquila-33b': 'purpose.aquila',
  'aquilacode-multi': 'purpose.aquilacode-multi',
  'aquilacode-py': 'purpose.aquilacode-py',
  'aquilacode-7b-nv': 'purpose.aquilacode-first',
  'aquilacode-7b-ts': 'purpose.aquilacode-first',
  'aquilasql-7b': 'purpose.aquilasql-7b',
  'ziya-llama-13b-v1.1': 'purpose.ziya-v1.1',
  'ziya-llama-13b-v1': 'purpose.ziya-v1',
  'ziya-llama-13b-pretrain-v1': 'purpose.ziya-pretrain',
};

export function purposeOf(modelId: string): Purpose | undefined {
  return PURPOSES[modelId];
}
