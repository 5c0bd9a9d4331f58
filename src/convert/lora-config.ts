/**
 * `adapter_config.json` of PEFT: how strongly each module's low-rank product counts. Variants of LoRA that compute
 * something else than W + scale * B * A are refused by name.
 */
import * as v from 'valibot';
import { AppError } from '../core/errors';

const rank = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1 << 16));
const alpha = v.pipe(v.number(), v.finite());

const Schema = v.object({
  peft_type: v.nullish(v.string()),
  r: rank,
  lora_alpha: alpha,
  use_rslora: v.nullish(v.boolean()),
  rank_pattern: v.nullish(v.record(v.string(), rank)),
  alpha_pattern: v.nullish(v.record(v.string(), alpha)),
  fan_in_fan_out: v.nullish(v.boolean()),
  use_dora: v.nullish(v.boolean()),
  use_qalora: v.nullish(v.boolean()),
  lora_bias: v.nullish(v.boolean()),
  bias: v.nullish(v.string()),
  layer_replication: v.optional(v.unknown()),
  init_lora_weights: v.optional(v.unknown()),
});
type Config = v.InferOutput<typeof Schema>;

export interface LoraConfig {
  /** Rank that the config gives a module, by the module's path as the LoRA names it. */
  rankOf(path: string): number;
  /** Factor of B * A. */
  scaleOf(path: string): number;
}

/** Starts that leave the base as it was; `pissa`, `olora`, `corda` and `loftq` train beside a changed base. */
const PLAIN_STARTS: readonly unknown[] = [undefined, null, true, false, 'gaussian', 'eva', 'orthogonal'];

/** Throws AppError `lora-mismatch` {reason}. Source: PEFT `LoraConfig`, `tuners/lora/layer.py` (`update_layer`). */
export function readLoraConfig(json: unknown): LoraConfig {
  const parsed = v.safeParse(Schema, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw refused(
      `adapter_config.json: ${v.getDotPath(issue) ?? 'config'} is ${issue.received.slice(0, 100)}`,
    );
  }
  const config = parsed.output;
  const variant = variantOf(config);
  if (variant !== undefined) throw refused(`${variant} is not supported`);
  const rankOf = (path: string) => patternValue(config.rank_pattern, path) ?? config.r;
  return {
    rankOf,
    scaleOf(path) {
      const strength = patternValue(config.alpha_pattern, path) ?? config.lora_alpha;
      return strength / (config.use_rslora ? Math.sqrt(rankOf(path)) : rankOf(path));
    },
  };
}

function variantOf(c: Config): string | undefined {
  if (c.peft_type && c.peft_type !== 'LORA') return c.peft_type;
  if (c.use_dora) return 'DoRA';
  if (c.use_qalora) return 'QALoRA';
  if (c.fan_in_fan_out) return 'fan_in_fan_out';
  if (c.lora_bias) return 'lora_bias';
  if (c.bias && c.bias !== 'none') return `bias ${c.bias}`;
  if (c.layer_replication) return 'layer_replication';
  if (!PLAIN_STARTS.includes(c.init_lora_weights)) return `init_lora_weights ${String(c.init_lora_weights)}`;
  return [...Object.keys(c.rank_pattern ?? {}), ...Object.keys(c.alpha_pattern ?? {})]
    .filter((key) => !/^\^?[\w.]+\$?$/.test(key))
    .map((key) => `the pattern ${key}`)[0];
}

/** PEFT matches a key against the end of a module's path, or the whole of it after `^`. */
function patternValue(pattern: Record<string, number> | null | undefined, path: string): number | undefined {
  for (const [key, value] of Object.entries(pattern ?? {})) {
    const plain = key.replace(/^\^/, '').replace(/\$$/, '');
    if (path === plain || (!key.startsWith('^') && path.endsWith(`.${plain}`))) return value;
  }
  return undefined;
}

function refused(reason: string): AppError {
  return new AppError('lora-mismatch', { reason });
}
