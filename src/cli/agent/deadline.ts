/**
 * Gives `run` a signal that aborts with a `TimeoutError` after `ms`, or as soon as `outer` aborts.
 *
 * Leaves no listener behind on `outer`, which may live for months.
 */
export const withDeadline = async <T>(
  ms: number,
  outer: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const inner = new AbortController();
  const abort = () => inner.abort(outer.reason);
  const timer = setTimeout(
    () => inner.abort(new DOMException(`no answer within ${ms / 1000} s`, 'TimeoutError')),
    ms,
  );
  outer.addEventListener('abort', abort, { once: true });
  if (outer.aborted) abort();
  try {
    return await run(inner.signal);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener('abort', abort);
  }
};
