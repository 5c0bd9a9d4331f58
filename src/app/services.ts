/** Connects the features with each other and with the engine. One of each for the page. */
import type { ChatRequest } from '../engine/request-types';
import { createChatStore } from '../features/chat/chat-store';
import type { AnswerOptions } from '../features/chat/ports';
import { createConvertStore } from '../features/models/convert/convert-store';
import type { Converter } from '../features/models/convert/ports';
import { keepAwake } from '../features/models/convert/wake-lock';
import { BUILT_IN_ID, modelLibrary } from '../features/models/library';
import { createModelsStore } from '../features/models/models-store';
import { useSettings } from '../features/settings/settings-store';
import { requestPersistence } from '../store/quota';
import type { Settings } from '../store/settings';
import { EngineClient } from '../worker/client';
import type { ChatOutcome } from '../worker/collect';

export const client = new EngineClient();

export const useModels = createModelsStore(client, modelLibrary);

/** Its worker's side is fetched with the first use: most visits convert nothing. */
const convertClient = () => import('../worker/convert-client');
const converter: Converter = {
  convert: async (...order) => (await convertClient()).convert(...order),
  listConversions: async () => (await convertClient()).listConversions(),
  removeConversion: async (id) => (await convertClient()).removeConversion(id),
};

export const useConvert = createConvertStore(converter, {
  now: Date.now,
  keepAwake,
  keepStored: requestPersistence,
});

export const chatStore = createChatStore({
  answer,
  startWith: () => {
    const { settings } = useSettings.getState();
    return { modelId: defaultModelId(settings), options: settings.sampling };
  },
  now: Date.now,
});

/** The model new conversations start with. */
export function defaultModelId(settings: Settings): string {
  return settings.modelId ?? BUILT_IN_ID;
}

async function answer(modelId: string, request: ChatRequest, options: AnswerOptions): Promise<ChatOutcome> {
  const { signal, onStart, onDelta } = options;
  await useModels.getState().ensure(modelId, signal);
  onStart();
  const { info } = useModels.getState();
  const bounded = info ? withinContext(request, info.contextLength) : request;
  if (info && !info.isChat) {
    // Base and code models have no turns: they go on with the text as it stands.
    const { messages, ...settings } = bounded;
    const prompt = messages.map(({ content }) => (typeof content === 'string' ? content : '')).join('\n');
    return client.complete({ ...settings, prompt }, { signal, onDelta });
  }
  return client.chat(bounded, { signal, onDelta });
}

/** The maximum length is an upper limit; one chosen for a model with more context is no mistake. */
function withinContext(request: ChatRequest, contextLength: number): ChatRequest {
  const { max_tokens: asked } = request;
  return asked ? { ...request, max_tokens: Math.min(asked, contextLength - 1) } : request;
}
