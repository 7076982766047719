/** How fast to beat and to retry. All lengths in milliseconds; every `roll` is uniform in [0, 1). */

const SHORTEST_INTERVAL_MS = 100;
const LONGEST_INTERVAL_MS = 15 * 60_000;
const DEFAULT_INTERVAL_MS = 30_000;

/** The interval that a reply asks for, kept within 100 ms and 15 min; 30 s when it asks for nothing sensible. */
export const parseInterval = (seconds: unknown): number =>
  typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0
    ? Math.min(LONGEST_INTERVAL_MS, Math.max(SHORTEST_INTERVAL_MS, seconds * 1000))
    : DEFAULT_INTERVAL_MS;

/** The interval ±10 %, so that a fleet started at once does not beat at once for ever. */
export const beatDelayMs = (intervalMs: number, roll: number): number => intervalMs * (0.9 + 0.2 * roll);

/**
 * How long to wait after the `attempt`th failure in a row (1, 2, 3…): anywhere between `minMs` and a ceiling
 * that doubles up to `maxMs`. Never less than `retryAfterMs`, which a fleet is given all at the same moment
 * and which therefore is spread by 10 %.
 */
export const retryDelayMs = (
  attempt: number,
  limits: { minMs: number; maxMs: number },
  retryAfterMs: number | null,
  roll: number,
): number => {
  const ceilingMs = Math.max(limits.minMs, Math.min(limits.maxMs, limits.minMs * 2 ** Math.min(attempt, 30)));
  const delayMs = limits.minMs + roll * (ceilingMs - limits.minMs);
  return Math.max(delayMs, (retryAfterMs ?? 0) * (1 + 0.1 * roll));
};

/**
 * Reads a `Retry-After` header: seconds, or a date, which is compared with the reply's own `Date`, not with our
 * clock. Null when absent or unreadable; at most 15 min.
 */
export const parseRetryAfter = (headers: Headers): number | null => {
  const value = headers.get('retry-after')?.trim();
  if (!value) return null;
  const ms = /^\d+$/.test(value)
    ? Number(value) * 1000
    : Date.parse(value) - Date.parse(headers.get('date') ?? '');
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, LONGEST_INTERVAL_MS) : null;
};
