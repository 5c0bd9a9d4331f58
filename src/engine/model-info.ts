/** What the interface may want to know about the model that is loaded; plain data, it crosses workers. */
import type { Architecture } from '../models/architecture';

export interface ModelInfo {
  readonly modelId: string;
  readonly architecture: Architecture;
  /** Positions available to prompt and answer together. */
  readonly contextLength: number;
  /** False for base and code models: their text is continued as it stands. */
  readonly isChat: boolean;
  /** The model's own sampling settings, used where a request names none. */
  readonly defaults: ModelDefaults;
}

export interface ModelDefaults {
  readonly temperature: number;
  readonly topP: number;
  /** 0 keeps all. */
  readonly topK: number;
  readonly repetitionPenalty: number;
  readonly maxTokens: number;
}

export interface MemoryReport {
  readonly weightsBytes: number;
  readonly kvBytes: number;
  readonly scratchBytes: number;
}
