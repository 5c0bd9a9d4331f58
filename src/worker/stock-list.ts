/** web-llm's list of models, fetched as a piece of its own when someone wants to see it. */
import type { EngineRecord } from './records';

export async function stockModels(): Promise<readonly EngineRecord[]> {
  return (await import('./stock-models')).prebuiltModels;
}
