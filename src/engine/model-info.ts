/** What the interface may want to know about the model that is loaded; plain data, it crosses workers. */
import type { Architecture } from '../models/architecture';
import type { GenerationDefaults } from '../models/generation-defaults';
import type { LoadReport } from './load-report';

export interface ModelInfo {
  readonly modelId: string;
  readonly architecture: Architecture;
  /** Positions available to prompt and answer together. */
  readonly contextLength: number;
  /** False for base and code models: their text is continued as it stands (`completion`). */
  readonly isChat: boolean;
  /** False where a system text of the user would be ignored. */
  readonly supportsSystem: boolean;
  /** The model's own settings, used where a request names none. */
  readonly defaults: ModelDefaults;
  /** Of this load, from the stored files to the first answer being possible. */
  readonly load: LoadReport;
}

/** Settings that a model brings along. */
export type ModelDefaults = GenerationDefaults;

export interface MemoryReport {
  readonly weightsBytes: number;
  readonly kvBytes: number;
  readonly scratchBytes: number;
}
