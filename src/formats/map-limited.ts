/**
 * `change` over all items, at most `limit` of them under way at once; results in the order of the items. The
 * first failure is thrown once the calls under way have ended, and no more are started.
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  change: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  let failure: { error: unknown } | undefined;
  const work = async (): Promise<void> => {
    while (next < items.length && failure === undefined) {
      const index = next++;
      try {
        results[index] = await change(items[index]!);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  if (failure !== undefined) throw failure.error;
  return results;
}
