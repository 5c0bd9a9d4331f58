/**
 * The side channel beside web-llm's worker protocol: named requests carried by its `customRequest` message,
 * whose argument is a string (JSON here). Both workers answer `ping` and `gpu-info`; the rest is the native
 * worker's. Without being asked the native worker says one thing, that its device is lost (`LostMessage`). Everything
 * else that crosses the boundary is web-llm's own (src/worker/handler.ts).
 */
import type { EngineOptions } from '../engine/engine-options';
import type { MemoryReport, ModelInfo } from '../engine/model-info';

/** What the GPU is and can do, for the first screen and the doctor page. */
export interface GpuInfo {
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly f16: boolean;
  readonly subgroups: boolean;
  readonly maxBindingBytes: number;
  readonly maxBufferBytes: number;
  /** A software adapter: correct but slow. */
  readonly isSoftware: boolean;
}

/** The GPU went away under the loaded model; `content` is the text of an AppError, as errors travel. */
export interface LostMessage {
  readonly kind: 'deviceLost';
  readonly content: string;
}

export interface SideRequests {
  ping: { argument: null; answer: 'pong' };
  /** Throws `no-webgpu`, `no-adapter` or `limits-too-small`. */
  'gpu-info': { argument: null; answer: GpuInfo };
  /** How models run from the next load on. */
  'engine-options': { argument: EngineOptions; answer: null };
  /** Null while no model is loaded. */
  'model-info': { argument: null; answer: ModelInfo | null };
  memory: { argument: null; answer: MemoryReport | null };
  /** How many tokens a text is to the loaded model. Throws `not-loaded`. */
  'count-tokens': { argument: { text: string }; answer: number };
}
export type SideRequestName = keyof SideRequests;

/** Answers one side request; unknown names are the caller's fault and become `request-unsupported`. */
export type SideAnswers = {
  readonly [Name in SideRequestName]?: (
    argument: SideRequests[Name]['argument'],
  ) => Promise<SideRequests[Name]['answer']> | SideRequests[Name]['answer'];
};
