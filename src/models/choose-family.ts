/** Recognises a published model by its name, and where the name says nothing by its shape and tokenizer. */
import type { FamilyId } from './families';

export interface FamilyHints {
  /** config.json as parsed. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Special tokens of its tokenizer, by text. */
  readonly specials: ReadonlyMap<string, number>;
  /** Names that may tell: folder, repository, `_name_or_path` is added by itself. */
  readonly names: readonly string[];
  /** The weights were made by adding a delta to a LLaMA: only Ziya is published so. */
  readonly isMergedDelta?: boolean;
}

/** First match wins; names are compared in lower case with `-` for every separator. */
const BY_NAME: readonly (readonly [RegExp, FamilyId])[] = [
  [/aerie-mini/, 'aerie-mini'],
  [/ziya.*(pretrain|base)/, 'ziya-pretrain'],
  [/ziya/, 'ziya'],
  [/aquila-?sql/, 'aquilasql'],
  [/aquila-?code/, 'aquilacode'],
  [/aquila-?chat-?2.*16k/, 'aquilachat2-16k'],
  [/aquila-?chat-?2.*70b/, 'aquilachat2-70b'],
  [/aquila-?chat-?2.*34b/, 'aquilachat2-34b'],
  [/aquila-?chat-?2/, 'aquilachat2-7b'],
  [/aquila-?chat/, 'aquilachat'],
  [/aquila-?2-(7b|34b|70b)/, 'aquila2'],
  [/aquila-(7b|33b)/, 'aquila'],
];

/** Rows of Ziya's embedding, padding included, and of Aquila's two vocabularies. */
const ZIYA_ROWS = 39_424;
const AQUILA_ROWS = 100_008;
const AQUILA2_BASE_ROWS = 143_973;

/** Never fails: an unknown Aquila gets v1's prompt, as in BAAI's own code, an unknown LLaMA none. */
export function chooseFamily(hints: FamilyHints): FamilyId {
  const names = [...hints.names, hints.config._name_or_path].filter((name) => typeof name === 'string');
  for (const name of names) {
    const plain = name.toLowerCase().replace(/[\s_./\\]+/g, '-');
    const match = BY_NAME.find(([pattern]) => pattern.test(plain));
    if (match) return match[1];
  }
  return hints.isMergedDelta ? 'ziya' : familyOfShape(hints);
}

function familyOfShape({ config, specials }: FamilyHints): FamilyId {
  const rows = config.vocab_size;
  if (rows === AQUILA2_BASE_ROWS) return 'aquila2';
  if (config.model_type === 'aquila' || rows === AQUILA_ROWS) return aquilaOfShape(config);
  return rows === ZIYA_ROWS || specials.has('<human>') ? 'ziya' : 'llama';
}

/** The published shapes: 4096 wide is 7B, 6144 is 34B, 8192 is 70B; scaled positions mean a 16K chat model. */
function aquilaOfShape(config: Readonly<Record<string, unknown>>): FamilyId {
  const width = config.hidden_size;
  const isScaled = config.rope_scaling !== undefined && config.rope_scaling !== null;
  if ((width === 4096 || width === 6144) && isScaled) return 'aquilachat2-16k';
  if (width === 6144) return 'aquilachat2-34b';
  if (width === 8192) return 'aquilachat2-70b';
  return 'aquilachat';
}
