/**
 * Published configurations with known errors: values that are set right, visibly, before a config is read, and
 * shapes that no correction can help. What sources merely disagree about is left as the checkpoint has it: the
 * eps of Aquila-7B is one thing in its config and another in its siblings', and nobody says which is right.
 */
import { AppError } from '../../core/errors';
import { CATALOGUE } from './index';
import { isVocabOf, type Shape } from './shapes';
import { AQUILA_TOKEN_IDS } from './token-ids';
import type { CatalogueModel, Correction } from './types';

type Config = Readonly<Record<string, unknown>>;

/** Rows of Aquila's first vocabulary. */
const AQUILA_ROWS = 100_008;

/** What two models of one shape have in common, and the vocabulary; the rest of an architecture is settings. */
const SHAPE_FIELDS = [
  ['hidden', 'hidden_size'],
  ['layers', 'num_hidden_layers'],
  ['heads', 'num_attention_heads'],
  ['kvHeads', 'num_key_value_heads'],
  ['headDim', 'head_dim'],
  ['intermediate', 'intermediate_size'],
] as const satisfies readonly (readonly [keyof Shape, string])[];

/**
 * `config` (config.json as parsed) with the known errors of `model` set right, and what was changed. The wrong
 * token ids are recognised by the vocabulary, too, so that an unknown copy of an Aquila model gets them right.
 * A config without known errors comes back as it is.
 */
export function correctConfig(
  model: CatalogueModel | undefined,
  config: Config,
): { readonly config: Config; readonly corrections: readonly Correction[] } {
  const known = [
    ...(model?.corrections ?? []),
    ...(config.vocab_size === AQUILA_ROWS ? AQUILA_TOKEN_IDS : []),
  ];
  const corrections = known.filter(
    ({ field, published }, index) =>
      isSame(config[field], published) && known.findIndex((other) => other.field === field) === index,
  );
  if (corrections.length === 0) return { config, corrections };
  const corrected = Object.fromEntries(
    corrections.map((correction) => [correction.field, correction.corrected]),
  );
  return { config: { ...config, ...corrected }, corrections };
}

/** The values that are known to be wrong are numbers and null; an absent field says the same as null. */
function isSame(value: unknown, published: unknown): boolean {
  return (value ?? null) === (published ?? null);
}

/**
 * Throws AppError `config-invalid` {field, value, reason} for a config that carries another model's shapes, as
 * AquilaChat2-7B did at 8ecc4e9. A model whose shape nobody states passes.
 */
export function checkShape(model: CatalogueModel | undefined, architecture: Shape): void {
  const expected = model?.architecture;
  if (!model || !expected) return;
  const wrong = SHAPE_FIELDS.find(([key]) => architecture[key] !== expected[key]);
  const isVocabWrong = !isVocabOf(expected, architecture.vocab);
  if (!wrong && !isVocabWrong) return;
  const [key, field] = wrong ?? (['vocab', 'vocab_size'] as const);
  const other = CATALOGUE.find((candidate) => hasShape(candidate, architecture));
  const known = other ? `; it is the shape of ${fullName(other)}` : '';
  throw new AppError('config-invalid', {
    field,
    value: architecture[key],
    reason: `${fullName(model)} has ${expected[key]}${known}`,
  });
}

function hasShape({ architecture }: CatalogueModel, shape: Shape): boolean {
  if (!architecture || !isVocabOf(architecture, shape.vocab)) return false;
  return SHAPE_FIELDS.every(([key]) => architecture[key] === shape[key]);
}

function fullName({ name, edition }: CatalogueModel): string {
  return edition === undefined ? name : `${name} (${edition})`;
}
