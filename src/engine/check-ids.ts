import { AppError } from '../core/errors';
import type { Runner } from './types';

/** Throws AppError `message-too-long` {tokens, limit, excessTokens} behind `start` tokens, or `parameter-out-of-range`. */
export function checkIds(
  ids: readonly number[],
  start: number,
  { contextLength, architecture }: Pick<Runner, 'contextLength' | 'architecture'>,
): void {
  const tokens = start + ids.length;
  if (tokens > contextLength)
    throw new AppError('message-too-long', {
      tokens,
      limit: contextLength,
      excessTokens: tokens - contextLength,
    });
  const { vocab } = architecture;
  for (const id of ids)
    if (!Number.isInteger(id) || id < 0 || id >= vocab)
      throw new AppError('parameter-out-of-range', {
        parameter: 'token',
        value: id,
        min: 0,
        max: vocab - 1,
      });
}
