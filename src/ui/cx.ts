/** Joins class names, leaving out what is false. */
export function cx(...parts: readonly (string | false | undefined | null)[]): string {
  return parts.filter(Boolean).join(' ');
}
