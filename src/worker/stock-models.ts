/** web-llm's own list of models, each with the address of its weights and of its compiled library. */
import { prebuiltAppConfig } from '@mlc-ai/web-llm';
import type { EngineRecord } from './records';

/** Imported on demand (`stockModels` of client-side code), since it is text enough to slow the first paint. */
export const prebuiltModels: readonly EngineRecord[] = prebuiltAppConfig.model_list;
