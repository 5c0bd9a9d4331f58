/** The user's settings as one record, checked when read: a damaged or older record falls back by field. */
import { clear, get, set } from 'idb-keyval';
import * as v from 'valibot';
import type { ChatOptions } from './chats';
import { guarded, settingsDatabase } from './database';

const SAMPLING = v.object({
  temperature: v.optional(v.number()),
  topP: v.optional(v.number()),
  topK: v.optional(v.number()),
  repetitionPenalty: v.optional(v.number()),
  maxTokens: v.optional(v.number()),
});

/** How models run on our own engine, from their next load on: what the engine calls `EngineOptions`. */
export interface SpeedSettings {
  readonly int8Activations: boolean;
  readonly int8Kv: boolean;
  readonly speculation: 'auto' | 'off';
}

const DEFAULT_SPEED: SpeedSettings = { int8Activations: false, int8Kv: false, speculation: 'auto' };

const SPEED = v.object({
  int8Activations: v.fallback(v.boolean(), DEFAULT_SPEED.int8Activations),
  int8Kv: v.fallback(v.boolean(), DEFAULT_SPEED.int8Kv),
  speculation: v.fallback(v.picklist(['auto', 'off']), DEFAULT_SPEED.speculation),
});

const SETTINGS = v.object({
  /** null: as the browser says. */
  language: v.fallback(v.nullable(v.picklist(['zh', 'en'])), null),
  theme: v.fallback(v.nullable(v.picklist(['light', 'dark'])), null),
  /** The model a new conversation starts with; null: the built-in one. */
  modelId: v.fallback(v.nullable(v.string()), null),
  /** What new conversations set instead of the model's defaults. */
  sampling: v.fallback(SAMPLING, {}),
  /** Licences whose text was shown and accepted, by their id in the catalogue. */
  acceptedLicences: v.fallback(v.array(v.string()), []),
  /** What the user says the GPU has; null: as far as the browser tells. */
  gpuMemoryBytes: v.fallback(v.nullable(v.pipe(v.number(), v.finite(), v.gtValue(0))), null),
  /** Hub to propose first; null: the catalogue's order. */
  preferredHost: v.fallback(v.nullable(v.picklist(['hugging-face', 'modelscope'])), null),
  speed: v.fallback(SPEED, DEFAULT_SPEED),
});

export type Sampling = Omit<ChatOptions, 'systemPrompt' | 'seed'>;
export interface Settings
  extends Omit<v.InferOutput<typeof SETTINGS>, 'sampling' | 'acceptedLicences' | 'speed'> {
  readonly sampling: Sampling;
  readonly acceptedLicences: readonly string[];
  readonly speed: SpeedSettings;
}

export const DEFAULT_SETTINGS: Settings = {
  language: null,
  theme: null,
  modelId: null,
  sampling: {},
  acceptedLicences: [],
  gpuMemoryBytes: null,
  preferredHost: null,
  speed: DEFAULT_SPEED,
};

const KEY = 'settings';

export async function readSettings(): Promise<Settings> {
  return parseSettings(await guarded(() => get<unknown>(KEY, settingsDatabase())));
}

/** Settings out of whatever was stored, or told by a tab that may run another version of the page. */
export function parseSettings(value: unknown): Settings {
  const parsed = v.safeParse(SETTINGS, value ?? {});
  return parsed.success ? withoutUndefined(parsed.output) : DEFAULT_SETTINGS;
}

export async function writeSettings(settings: Settings): Promise<void> {
  await guarded(() => set(KEY, settings, settingsDatabase()));
}

export async function clearSettings(): Promise<void> {
  await guarded(() => clear(settingsDatabase()));
}

function withoutUndefined(parsed: v.InferOutput<typeof SETTINGS>): Settings {
  const given = Object.entries(parsed.sampling).filter(([, value]) => value !== undefined);
  return { ...parsed, sampling: Object.fromEntries(given) };
}

const STOCK_KEY = 'stock-models';

/** Models of web-llm's own list that the user has taken up. */
export async function readStockIds(): Promise<readonly string[]> {
  const stored = await guarded(() => get<unknown>(STOCK_KEY, settingsDatabase()));
  const parsed = v.safeParse(v.array(v.string()), stored);
  return parsed.success ? parsed.output : [];
}

export async function writeStockIds(ids: readonly string[]): Promise<void> {
  await guarded(() => set(STOCK_KEY, ids, settingsDatabase()));
}
