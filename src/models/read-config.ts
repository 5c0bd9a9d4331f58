/**
 * A model's shape from a publisher's `config.json` or from `mlc-chat-config.json`. Every number is checked
 * here, once, because buffer sizes and loop bounds follow from them. What the forward pass does not do
 * (biases, other activations, other position schemes) is refused by name, never ignored.
 */
import * as v from 'valibot';
import { AppError } from '../core/errors';
import { type Architecture, QUANTIZATIONS, type Quantization } from './architecture';
import { type RopeScaling, readRopeScaling } from './rope-scaling';

const count = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most));
const theta = v.pipe(v.number(), v.finite(), v.minValue(1), v.maxValue(1e12));

const Shape = v.object({
  num_hidden_layers: count(1024),
  hidden_size: count(1 << 16),
  intermediate_size: count(1 << 20),
  num_attention_heads: count(1024),
  num_key_value_heads: v.nullish(count(1024)),
  head_dim: v.nullish(count(256)),
  vocab_size: count(1 << 24),
  rms_norm_eps: v.pipe(v.number(), v.gtValue(0), v.maxValue(0.1)),
  rope_theta: v.nullish(theta),
  /** MLC's name for rope_theta. */
  position_embedding_base: v.nullish(theta),
  rope_scaling: v.optional(v.unknown()),
  tie_word_embeddings: v.nullish(v.boolean()),
  hidden_act: v.nullish(v.string()),
  attention_bias: v.nullish(v.boolean()),
  mlp_bias: v.nullish(v.boolean()),
  max_position_embeddings: v.nullish(count(1 << 24)),
});
type Shape = v.InferOutput<typeof Shape>;

const MlcTop = v.object({
  model_type: v.string(),
  quantization: v.string(),
  model_config: v.record(v.string(), v.unknown()),
  vocab_size: v.nullish(count(1 << 24)),
  context_window_size: v.nullish(v.pipe(v.number(), v.integer())),
});

const MODEL_TYPES: ReadonlySet<string> = new Set(['llama', 'aquila']);
/** LLaMA's and Aquila's code bases default to 10000 (FlagAI, flagai/model/layers/attentions.py). */
const DEFAULT_THETA = 10_000;

/**
 * Shape from a Hugging Face config.json, to be stored in `quantization`.
 * Throws AppError `architecture-unknown` {architecture}, `config-invalid` {field, value},
 * `quantization-unknown` {quantization} for checkpoints that are quantised already.
 */
export function readHfConfig(json: unknown, quantization: Quantization): Architecture {
  const config = parse(v.record(v.string(), v.unknown()), json);
  checkArchitecture(config.model_type, config.architectures);
  const method = (config.quantization_config as { quant_method?: unknown } | null | undefined)?.quant_method;
  if (config.quantization_config)
    throw new AppError('quantization-unknown', { quantization: String(method) });
  const shape = parse(Shape, config);
  const rope = readRopeScaling(shape.rope_scaling);
  const positions = shape.max_position_embeddings;
  if (!positions) throw invalid('max_position_embeddings', positions);
  return toArchitecture(shape, rope, scaledContext(positions, rope), quantization);
}

/**
 * Shape from mlc-chat-config.json, whose `model_config` holds the numbers. There the context length is final.
 * Throws like `readHfConfig`; an unknown `quantization` is `quantization-unknown` {quantization}.
 */
export function readMlcConfig(json: unknown): Architecture {
  const top = parse(MlcTop, json);
  const quantization = QUANTIZATIONS.find((known) => known === top.quantization);
  if (!quantization) throw new AppError('quantization-unknown', { quantization: top.quantization });
  checkArchitecture(top.model_type, undefined);
  const config = { vocab_size: top.vocab_size, ...top.model_config };
  const shape = parse(Shape, config);
  const inner = (top.model_config as { context_window_size?: unknown }).context_window_size;
  const context = [top.context_window_size, inner, shape.max_position_embeddings].find((n) => n && n !== -1);
  return toArchitecture(
    shape,
    readRopeScaling(shape.rope_scaling),
    parse(v.object({ context_window_size: count(1 << 24) }), { context_window_size: context })
      .context_window_size,
    quantization,
  );
}

function checkArchitecture(modelType: unknown, classes: unknown): void {
  if (typeof modelType === 'string' && MODEL_TYPES.has(modelType)) return;
  const names = Array.isArray(classes) ? classes.filter((name) => typeof name === 'string') : [];
  throw new AppError('architecture-unknown', { architecture: String(modelType ?? names[0] ?? 'none') });
}

function toArchitecture(
  shape: Shape,
  rope: RopeScaling,
  contextLength: number,
  quantization: Quantization,
): Architecture {
  const heads = shape.num_attention_heads;
  const kvHeads = shape.num_key_value_heads ?? heads;
  if (heads % kvHeads !== 0) throw invalid('num_key_value_heads', kvHeads);
  const headDim = shape.head_dim ?? shape.hidden_size / heads;
  if (!Number.isInteger(headDim) || headDim % 2 !== 0 || headDim > 256) throw invalid('head_dim', headDim);
  if (shape.hidden_act && shape.hidden_act !== 'silu') {
    throw new AppError('architecture-unknown', { architecture: `hidden_act ${shape.hidden_act}` });
  }
  if (shape.attention_bias || shape.mlp_bias) {
    throw new AppError('architecture-unknown', {
      architecture: shape.mlp_bias ? 'mlp_bias' : 'attention_bias',
    });
  }
  return {
    layers: shape.num_hidden_layers,
    hidden: shape.hidden_size,
    heads,
    kvHeads,
    headDim,
    intermediate: shape.intermediate_size,
    vocab: shape.vocab_size,
    normEps: shape.rms_norm_eps,
    ropeTheta: shape.rope_theta ?? shape.position_embedding_base ?? DEFAULT_THETA,
    ropeFactor: rope.factor,
    tiedEmbedding: shape.tie_word_embeddings ?? false,
    contextLength,
    quantization,
  };
}

/** Shortest context that a model of this family was trained on. */
const SHORTEST_TRAINED = 2048;

/**
 * Publishers disagree on what `max_position_embeddings` means beside linear scaling: AquilaChat2-7B-16K says
 * 16384 with factor 8 (already scaled), AquilaChat2-34B-16K says 4096 with factor 4 (not yet scaled). Divided
 * by the factor, an already scaled number is a length that models are trained on (2048 or more); where the
 * quotient is shorter, the number was the trained length itself and is multiplied. In doubt it stays.
 */
function scaledContext(positions: number, rope: RopeScaling): number {
  if (rope.trainedPositions !== undefined) return Math.floor(rope.trainedPositions * rope.factor);
  const isScaledAlready = positions / rope.factor >= SHORTEST_TRAINED;
  return rope.factor === 1 || isScaledAlready ? positions : Math.floor(positions * rope.factor);
}

function invalid(field: string, value: unknown): AppError {
  return new AppError('config-invalid', { field, value: String(value) });
}

function parse<const S extends v.GenericSchema>(schema: S, json: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw invalid(v.getDotPath(issue) ?? 'config', issue.received.slice(0, 100));
}
