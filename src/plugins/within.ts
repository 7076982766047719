import { KeepwellError } from '../errors.ts';

/**
 * Gives work `withinMs` milliseconds, or less when `signal` aborts. Rejects at that moment, whether or not the work
 * has noticed.
 * @throws {KeepwellError} `PLUGIN_FETCH_TIMEOUT`
 */
export const within = async <T>(
  withinMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const control = new AbortController();
  const aborted = Promise.withResolvers<never>();
  control.signal.addEventListener('abort', () => aborted.reject(control.signal.reason), { once: true });
  const abort = () => control.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => control.abort(new KeepwellError('PLUGIN_FETCH_TIMEOUT')), withinMs);
  if (signal.aborted) abort();
  try {
    return await Promise.race([work(control.signal), aborted.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
};
