/**
 * `aerie.json`: where a package came from, under which licence, and the length and SHA-256 of every other
 * file in it. Written last, so that its presence means that the package is whole.
 */
import * as v from 'valibot';
import { AppError } from '../core/errors';
import { isSafeFileName } from './mlc-manifest';

export const AERIE_MANIFEST_NAME = 'aerie.json';

const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const FileSchema = v.object({
  name: v.pipe(v.string(), v.check(isSafeFileName, 'not a plain relative path')),
  sizeBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  sha256: Sha256,
});
const Origin = v.object({ source: v.string(), revision: v.string() });
const AppliedCorrection = v.object({
  field: v.string(),
  /** Absent where the field was missing. */
  published: v.optional(v.unknown()),
  corrected: v.optional(v.unknown()),
  reason: v.string(),
});
const AerieManifestSchema = v.object({
  format: v.literal(1),
  /** What people call the model. */
  name: v.string(),
  /** Repository or folder that the checkpoint came from; empty where unknown. */
  source: v.string(),
  revision: v.string(),
  licence: v.string(),
  quantization: v.string(),
  /** How codes and scales were chosen; absent where nothing was quantised, and in older packages (`plain`). */
  rounding: v.optional(v.string()),
  /** Model that the delta in `source` was added to. */
  base: v.optional(Origin),
  /** LoRA that was merged into the weights. */
  lora: v.optional(Origin),
  /** Values of the published configuration that were changed. */
  corrections: v.optional(v.array(AppliedCorrection)),
  converterVersion: v.string(),
  files: v.array(FileSchema),
});

export type AerieManifest = v.InferOutput<typeof AerieManifestSchema>;
export type AerieFile = AerieManifest['files'][number];

/** Checks a parsed `aerie.json`. Throws AppError `format-invalid`. */
export function parseAerieManifest(json: unknown): AerieManifest {
  const parsed = v.safeParse(AerieManifestSchema, json);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw new AppError('format-invalid', {
    file: AERIE_MANIFEST_NAME,
    reason: `${v.getDotPath(issue) ?? 'top level'}: ${issue.message}`,
  });
}
