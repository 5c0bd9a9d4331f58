/** Which engine a model record runs on. Plain data, shared by the page and the workers. */
import type { ModelRecord } from '@mlc-ai/web-llm';

/**
 * web-llm's own record. `model_lib` empty: our engine, and `model` is where the package can be fetched
 * (an absolute address), or anything else for a package that is stored already, under `model_id`.
 */
export type EngineRecord = ModelRecord;

export type EngineKind = 'native' | 'stock';

export function engineKind(record: EngineRecord): EngineKind {
  return record.model_lib === '' ? 'native' : 'stock';
}

/** Record of a package that runs on our engine. `url`: absolute, ends in a slash; absent when stored only. */
export function nativeRecord(modelId: string, url?: string): EngineRecord {
  return { model_id: modelId, model: url ?? '', model_lib: '' };
}
