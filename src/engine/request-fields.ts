/** Small readers for untrusted request fields: each returns a checked value or throws an AppError that names the field. */
import { AppError } from '../core/errors';

export type Fields = Readonly<Record<string, unknown>>;

export interface Range {
  readonly min: number;
  readonly max: number;
  /** `min` itself is not allowed. */
  readonly isAboveMin?: boolean;
  readonly isInteger?: boolean;
}

/** Null and undefined both mean: not given. */
export const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** The number, or undefined when not given. Throws `parameter-out-of-range` {field, value, min, max}. */
export function readNumber(fields: Fields, field: string, range: Range): number | undefined {
  const value = fields[field];
  if (!isGiven(value)) return undefined;
  const { min, max, isAboveMin = false, isInteger = false } = range;
  const isFine =
    typeof value === 'number' &&
    (isAboveMin ? value > min : value >= min) &&
    value <= max &&
    (!isInteger || Number.isInteger(value));
  if (!isFine) throw new AppError('parameter-out-of-range', { field, value: show(value), min, max });
  return value;
}

/** Throws `request-unsupported` {field, value} for anything but true, false and absent. */
export function readBoolean(fields: Fields, field: string): boolean | undefined {
  const value = fields[field];
  if (!isGiven(value)) return undefined;
  if (typeof value !== 'boolean') throw unsupported(field, value);
  return value;
}

export function unsupported(field: string, value?: unknown): AppError {
  return new AppError('request-unsupported', value === undefined ? { field } : { field, value: show(value) });
}

/** Refuses every field that is given and not in `known`: a field that is not understood must not be ignored. */
export function refuseUnknown(fields: Fields, known: ReadonlySet<string>, prefix = ''): void {
  for (const [field, value] of Object.entries(fields))
    if (isGiven(value) && !known.has(field)) throw unsupported(prefix + field);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Short text of a value for an error's details. */
function show(value: unknown): string | number | boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))).slice(0, 100);
}
