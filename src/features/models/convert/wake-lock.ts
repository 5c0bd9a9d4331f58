/**
 * Keeps the screen on while something long runs: a machine that falls asleep stops the work. The browser takes
 * the lock away whenever the page is hidden, so it is asked for again when the page is seen.
 */
export function keepAwake(): () => void {
  let isWanted = true;
  let lock: WakeLockSentinel | undefined;

  const ask = async () => {
    if (document.visibilityState !== 'visible' || !navigator.wakeLock) return;
    try {
      const given = await navigator.wakeLock.request('screen');
      if (isWanted) lock = given;
      else await given.release();
    } catch {
      // Saving power may forbid it; the work goes on all the same.
    }
  };
  const onSeen = () => void ask();
  document.addEventListener('visibilitychange', onSeen);
  void ask();

  return () => {
    isWanted = false;
    document.removeEventListener('visibilitychange', onSeen);
    void lock?.release().catch(() => {});
  };
}
