/** The models this browser can run: the built-in one, imported packages, and those chosen from web-llm's list. */
import { AppError } from '../../core/errors';
import type { ModelDefaults } from '../../engine/model-info';
import { readGenerationDefaults } from '../../models/generation-defaults';
import { readStockIds, writeStockIds } from '../../store/settings';
import { removeStockFiles } from '../../store/stock-files';
import { deleteModel, listModels, listUnfinished, type ModelState, openModel } from '../../store/weights';
import { type EngineRecord, nativeRecord } from '../../worker/records';
import { stockModels } from '../../worker/stock-list';

export const BUILT_IN_ID = 'aerie-mini';

export interface ModelEntry {
  readonly id: string;
  readonly origin: 'built-in' | 'imported' | 'converted' | 'stock';
  /** False while an import has not finished. */
  readonly isComplete: boolean;
  readonly sizeBytes?: number;
  readonly quantization?: string;
  readonly contextLength?: number;
  readonly defaults?: ModelDefaults;
  readonly licence?: string;
}

export interface ModelLibrary {
  /** What is there without asking the database. */
  known(): readonly ModelEntry[];
  list(): Promise<readonly ModelEntry[]>;
  /** Throws `model-unknown`. */
  record(modelId: string): Promise<EngineRecord>;
  /** Puts a model of web-llm's list among the user's. */
  addStock(modelId: string): Promise<void>;
  remove(modelId: string): Promise<void>;
}

/** As models/package.ts has it, which would bring the whole tensor plan into the first chunk. */
const CHAT_CONFIG_NAME = 'mlc-chat-config.json';

const BUILT_IN: ModelEntry = { id: BUILT_IN_ID, origin: 'built-in', isComplete: true };

export function builtInUrl(): string {
  return new URL(`models/${BUILT_IN_ID}/`, document.baseURI).href;
}

export const modelLibrary: ModelLibrary = {
  known: () => [BUILT_IN],

  async list() {
    const [stored, unfinished, stock] = await Promise.all([listModels(), listUnfinished(), readStockIds()]);
    const whole = await Promise.all(stored.map(describe));
    const builtIn = whole.find(({ id }) => id === BUILT_IN_ID) ?? BUILT_IN;
    const ids = new Set(whole.map(({ id }) => id));
    return [
      builtIn,
      ...whole.filter(({ id }) => id !== BUILT_IN_ID),
      // An unfinished conversion has a list of its own (convert/).
      ...unfinished
        .filter(({ id, conversion }) => !conversion && id !== BUILT_IN_ID && !ids.has(id))
        .map((state) => ({ ...basics(state), isComplete: false })),
      ...stock.map((id) => ({ id, origin: 'stock' as const, isComplete: true })),
    ];
  },

  async record(modelId) {
    if (modelId === BUILT_IN_ID) return nativeRecord(BUILT_IN_ID, builtInUrl());
    if ((await listModels()).some(({ id }) => id === modelId)) return nativeRecord(modelId);
    const stock = (await stockModels()).find((record) => record.model_id === modelId);
    if (stock) return stock;
    throw new AppError('model-unknown', { modelId });
  },

  async addStock(modelId) {
    const ids = await readStockIds();
    if (!ids.includes(modelId)) await writeStockIds([...ids, modelId]);
  },

  async remove(modelId) {
    const ids = await readStockIds();
    if (ids.includes(modelId)) {
      const record = (await stockModels()).find(({ model_id }) => model_id === modelId);
      if (record) await removeStockFiles([record.model, record.model_lib]);
      await writeStockIds(ids.filter((id) => id !== modelId));
    } else await deleteModel(modelId);
  },
};

function basics({ id, made, sizeBytes, quantization, licence }: ModelState): ModelEntry {
  const origin = id === BUILT_IN_ID ? 'built-in' : made ? 'converted' : 'imported';
  return { id, origin, isComplete: true, sizeBytes, quantization, licence };
}

/** With what its config says; a config that cannot be read shows when the model is loaded. */
async function describe(state: ModelState): Promise<ModelEntry> {
  try {
    const files = await openModel(state.id);
    const config: unknown = JSON.parse(new TextDecoder().decode(await files.read(CHAT_CONFIG_NAME)));
    const window = (config as { context_window_size?: unknown }).context_window_size;
    return {
      ...basics(state),
      ...(typeof window === 'number' && window > 0 && { contextLength: window }),
      defaults: readGenerationDefaults(config),
    };
  } catch {
    return basics(state);
  }
}
