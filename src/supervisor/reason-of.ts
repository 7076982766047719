import type { EpochMs } from '../../machines/time.ts';
import { nextResume, scheduleOf } from '../schedule.ts';
import type { Entry } from './entry.ts';
import type { ShownReason } from './schedule-port.ts';

/** Whether it rests because its schedule says so. */
export const isPausedBySchedule = ({ snapshot, schedule }: Pick<Entry, 'snapshot' | 'schedule'>): boolean =>
  schedule.pausedAt !== null && snapshot.context.status === 'paused';

/** Whether it rests because it had no work. */
const isIdle = ({ snapshot, schedule }: Pick<Entry, 'snapshot' | 'schedule'>): boolean =>
  schedule.idleSince !== undefined && RESTS.has(snapshot.context.status);
const RESTS: ReadonlySet<string> = new Set(['hibernating', 'hibernated']);

/** Why a workspace is where it is. The machine knows operators only, so that a schedule acts as one. */
export const reasonOf = (entry: Pick<Entry, 'snapshot' | 'schedule' | 'spec'>): ShownReason | null => {
  const { reason } = entry.snapshot.context;
  if (isIdle(entry) && reason?.code === 'by-operator') return idleReason(entry.schedule.idleSince ?? 0);
  if (!isPausedBySchedule(entry) || reason?.code !== 'by-operator') return reason;
  const schedule = scheduleOf(entry.spec);
  const until = schedule === null ? null : nextResume(schedule, entry.schedule.settledAt);
  return {
    code: 'by-schedule',
    message:
      schedule === null || until === null
        ? 'Its schedule paused it, and is not there any more.'
        : `Its schedule paused it until ${clockTime(until, schedule.timezone)} ${schedule.timezone}.`,
    hint: '`keepwell resume` starts it now; `keepwell pause` keeps it paused.',
  };
};

const idleReason = (since: EpochMs): ShownReason => ({
  code: 'by-idleness',
  message: `It had no work since ${new Date(since).toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
  hint: '`keepwell wake` starts it again.',
});

/** `Mon 07:00`, by the clocks of the zone. */
const clockTime = (at: EpochMs, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit', timeZone })
    .format(at)
    .replace(',', '');
