import ms, { type StringValue } from 'ms';
import type { DurationMs } from '../machines/time.ts';
import { KeepwellError } from './errors.ts';

/** The longest delay a timer takes; a longer one would fire at once. */
const LONGEST_MS: DurationMs = 2 ** 31 - 1;
const DAY_MS: DurationMs = 86_400_000;

/**
 * Reads a length of time: `30s`, `12m`, `1.5h`, `500ms`, or whole milliseconds as a number or digits.
 *
 * @param longestMs The most it may be: by default what a timer takes, 24.8 days.
 * @throws {KeepwellError} `BAD_DURATION` for anything else, for less than 0 and for more than the longest.
 */
export const parseDuration = (input: string | number, longestMs: DurationMs = LONGEST_MS): DurationMs => {
  const exact = typeof input === 'number' ? input : millisecondsOf(input);
  const whole = Math.round(exact);
  // 1.1s is 1100.0000000000002 in floating point, and means 1100.
  if (Number.isFinite(exact) && Math.abs(exact - whole) < 1e-6 && whole >= 0 && whole <= longestMs) {
    return whole;
  }
  const hint =
    longestMs === LONGEST_MS ? {} : { hint: `Write it like 12h or 7d; at most ${longestMs / DAY_MS} days.` };
  throw new KeepwellError('BAD_DURATION', { ...hint, details: { given: String(input).slice(0, 40) } });
};

/** Writes a length of time so that it reads back as the same: `90s`, `12m`, `1500ms`. */
export const formatDuration = (lengthMs: DurationMs): string => {
  if (lengthMs === 0) return '0s';
  const [unit, size] = UNITS.find(([, size]) => lengthMs % size === 0) ?? (['ms', 1] as const);
  return `${lengthMs / size}${unit}`;
};

const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

const millisecondsOf = (text: string): number => {
  // `ms` takes any sign and throws on an empty or very long text.
  if (!/^\d/.test(text) || text.length > 40) return Number.NaN;
  return ms(text as StringValue);
};
