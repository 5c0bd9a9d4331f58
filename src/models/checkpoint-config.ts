/**
 * The configuration of a published checkpoint, whatever its layout, under the keys that Hugging Face uses: from
 * there on `readHfConfig` reads it and the catalogue corrects it.
 */
import * as v from 'valibot';
import { AppError } from '../core/errors';
import { isRecord, parseJson } from '../formats/json';
import { duplicateKeys } from '../formats/json-keys';
import type { PackageFiles } from '../formats/package-files';

/** In order of preference. */
const CONFIG_NAMES = ['config.json', 'params.json'] as const;

export interface ConfigFile {
  readonly file: string;
  /** Under Hugging Face's keys. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Keys that the file names twice, dotted; the last value counts. */
  readonly duplicateKeys: readonly string[];
}

/**
 * Throws AppError `file-missing` (config.json), `format-invalid`, `config-invalid` {field, value},
 * `architecture-unknown`.
 */
export async function readConfigFile(files: PackageFiles): Promise<ConfigFile> {
  const present = new Set((await files.list()).map(({ name }) => name));
  const file = CONFIG_NAMES.find((name) => present.has(name)) ?? CONFIG_NAMES[0];
  const bytes = await files.read(file);
  const json = parseJson(bytes, file);
  return { file, config: toHfConfig(json), duplicateKeys: duplicateKeys(new TextDecoder().decode(bytes)) };
}

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1 << 24));
const FlagaiConfig = v.object({
  dim: count,
  n_layers: count,
  n_heads: count,
  n_kv_heads: v.nullish(count),
  multiple_of: count,
  norm_eps: v.number(),
  vocab_size: count,
  max_seq_len: v.nullish(count),
  ffn_dim_multiplier: v.nullish(v.number()),
  rope_theta: v.nullish(v.number()),
});

/** What `AQUILAConfig` assumes (FlagAI `flagai/model/aquila_model.py`). */
const FLAGAI_POSITIONS = 2048;

/**
 * FlagAI's keys become Hugging Face's; the width of the feed-forward layer follows from `dim` and `multiple_of` as
 * in FlagAI `flagai/model/layers/feedforward.py`: two thirds of 4 dim, rounded up to a multiple. A
 * configuration that has Hugging Face's keys is returned as it is.
 */
function toHfConfig(json: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(json)) throw new AppError('config-invalid', { field: 'config', value: typeof json });
  if (json.dim === undefined || json.hidden_size !== undefined) return json;
  const parsed = v.safeParse(FlagaiConfig, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const field = v.getDotPath(issue) ?? 'config';
    throw new AppError('config-invalid', { field, value: issue.received.slice(0, 100) });
  }
  const { dim, multiple_of, ffn_dim_multiplier, ...c } = parsed.output;
  if (ffn_dim_multiplier) {
    throw new AppError('architecture-unknown', { architecture: `ffn_dim_multiplier ${ffn_dim_multiplier}` });
  }
  return {
    model_type: 'aquila',
    hidden_size: dim,
    intermediate_size: Math.ceil(Math.floor((8 * dim) / 3) / multiple_of) * multiple_of,
    num_hidden_layers: c.n_layers,
    num_attention_heads: c.n_heads,
    num_key_value_heads: c.n_kv_heads ?? c.n_heads,
    vocab_size: c.vocab_size,
    rms_norm_eps: c.norm_eps,
    max_position_embeddings: c.max_seq_len ?? FLAGAI_POSITIONS,
    ...(c.rope_theta ? { rope_theta: c.rope_theta } : {}),
    tie_word_embeddings: false,
  };
}
