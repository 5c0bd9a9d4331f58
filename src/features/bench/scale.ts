/** Where the marks of the charts go. Pure. */

/** Round steps (1, 2 or 5 times a power of ten) from 0 to at least `most`, about `wanted` of them. */
export function linearTicks(most: number, wanted = 5): readonly number[] {
  if (!(most > 0) || !Number.isFinite(most)) return [0, 1];
  const rough = most / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => rough <= factor * power) ?? 10);
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, at) => at * step);
}

/** Positions 0..1 on a logarithmic axis from the smallest to the largest value; one value alone stands in the middle. */
export function logPosition(value: number, values: readonly number[]): number {
  const low = Math.log(Math.min(...values));
  const high = Math.log(Math.max(...values));
  return high > low ? (Math.log(value) - low) / (high - low) : 0.5;
}

/** Fewer of the values where labels `labelWidth` wide would touch: first and last stay. */
export function spacedValues(
  values: readonly number[],
  width: number,
  labelWidth: number,
): readonly number[] {
  const kept: number[] = [];
  const at = (value: number) => logPosition(value, values) * width;
  const last = values.at(-1);
  for (const value of values) {
    const before = kept.at(-1);
    const isClear = before === undefined || at(value) - at(before) >= labelWidth;
    const leavesRoom = value === last || last === undefined || at(last) - at(value) >= labelWidth;
    if (isClear && leavesRoom) kept.push(value);
  }
  return kept;
}
