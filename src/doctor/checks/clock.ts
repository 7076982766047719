import { type Check, fine, problem, warning } from '../check.ts';

const YEAR_MS = 365 * 86_400_000;
const SLACK_MS = 60_000;
/** Nobody had this program before. */
const NOT_BEFORE = Date.parse('2026-01-01T00:00:00Z');

export const clock: Check = {
  id: 'clock',
  async look({ database, now }) {
    const at = now();
    const told = new Date(at).toISOString().slice(0, 16).replace('T', ' ');
    const hint = 'Set the clock, and let a time service keep it (`timedatectl set-ntp true`).';
    if (at < NOT_BEFORE) return [problem(`The clock says ${told}, which is years ago.`, hint)];
    const last = database?.prepare<[], number | null>('SELECT max(at) FROM journal').pluck().get() ?? null;
    if (last === null) return [fine(`The clock says ${told} UTC.`)];
    const then = new Date(last).toISOString().slice(0, 16).replace('T', ' ');
    if (last > at + SLACK_MS) {
      return [
        problem(
          `The clock says ${told}, but the journal has an entry of ${then}: it was set back since, or was wrong then.`,
          `${hint} Leases and retries count from the later moment until then.`,
        ),
      ];
    }
    if (at - last > YEAR_MS) {
      return [
        warning(
          `The clock says ${told}, and the last entry of the journal is of ${then}: it jumped, or nothing ran for more than a year.`,
          hint,
        ),
      ];
    }
    return [fine(`The clock says ${told} UTC, after the last entry of the journal.`)];
  },
};
