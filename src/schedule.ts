import { Cron } from 'croner';
import type { EpochMs } from '../machines/time.ts';
import type { WorkspaceSpec } from '../machines/workspace/spec.ts';
import type { Hibernating } from './idle-after.ts';

/** When a workspace is paused and resumed by itself: five cron fields each, in an IANA time zone. */
export type Schedule = { pause: string; resume: string; timezone: string };

export type ScheduleMoment = { act: 'pause' | 'resume'; at: EpochMs };

/** A spec as it is written down; nothing stands for no schedule, and for no hibernating when idle. */
export type ScheduledSpec = WorkspaceSpec & Hibernating & { schedule?: Schedule };

export const scheduleOf = (spec: ScheduledSpec): Schedule | null => spec.schedule ?? null;

const ACTS = ['pause', 'resume'] as const;
/** Where the moments are looked at that a schedule is judged by: the judgement must not depend on the day. */
const JUDGED_FROM = new Date(Date.UTC(2026, 0, 1));
const JUDGED = 100;
/** Fleets share schedules: so many different lines are kept read. */
const KEPT = 1_000;
const read = new Map<string, Cron>();

/**
 * What is wrong with a schedule, each with the field: a line that cannot be read or never comes, a time zone that is
 * not known, and moments at which it would have to pause and resume at once.
 */
export const faultsOfSchedule = (schedule: Schedule): { field: keyof Schedule; message: string }[] => {
  if (!isTimezone(schedule.timezone)) {
    return [{ field: 'timezone', message: 'is not a time zone such as Europe/Berlin' }];
  }
  const faults = ACTS.flatMap((act) => {
    const message = faultOfLine(schedule[act], schedule.timezone);
    return message === null ? [] : [{ field: act, message }];
  });
  if (faults.length > 0) return faults;
  const resumes = linesOf(schedule, 'resume').nextRuns(JUDGED, JUDGED_FROM);
  return resumes.some((at) => linesOf(schedule, 'pause').match(at))
    ? [{ field: 'resume', message: 'comes at the same moment as `pause`, so that neither is meant' }]
    : [];
};

/** The newest moment at or before `at`; null when there was none. */
export const lastMoment = (schedule: Schedule, at: EpochMs): ScheduleMoment | null =>
  newest(schedule, (line) => line.previousRuns(1, new Date(Math.floor(at) + 1))[0] ?? null, Math.max);

/** The first moment after `at`; null when there will be none. */
export const nextMoment = (schedule: Schedule, at: EpochMs): ScheduleMoment | null =>
  newest(schedule, (line) => line.nextRun(new Date(Math.floor(at))), Math.min);

/** The next moment at which it resumes. */
export const nextResume = (schedule: Schedule, at: EpochMs): EpochMs | null =>
  linesOf(schedule, 'resume')
    .nextRun(new Date(Math.floor(at)))
    ?.getTime() ?? null;

const newest = (
  schedule: Schedule,
  momentOf: (line: Cron) => Date | null,
  choose: (...moments: EpochMs[]) => EpochMs,
): ScheduleMoment | null => {
  const moments = ACTS.flatMap((act) => {
    const at = momentOf(linesOf(schedule, act));
    return at === null ? [] : [{ act, at: at.getTime() }];
  });
  const chosen = choose(...moments.map(({ at }) => at));
  return moments.find(({ at }) => at === chosen) ?? null;
};

/**
 * A time that the change to summer time leaves out comes right after the gap, one that comes twice in autumn counts
 * once, as long as its line names one minute and one hour.
 */
const linesOf = ({ timezone, ...lines }: Schedule, act: ScheduleMoment['act']): Cron => {
  const key = `${timezone} ${lines[act]}`;
  const known = read.get(key);
  if (known !== undefined) return known;
  if (read.size >= KEPT) read.clear();
  const line = readLine(lines[act], timezone);
  read.set(key, line);
  return line;
};

const readLine = (line: string, timezone: string): Cron =>
  new Cron(line, { timezone, paused: true, mode: '5-part' });

const faultOfLine = (line: string, timezone: string): string | null => {
  try {
    return readLine(line, timezone).nextRun(JUDGED_FROM) === null ? `never comes: \`${line}\`` : null;
  } catch (error) {
    const words = (error as Error).message.replace(/^\w+: /, '').replace(/\.$/, '');
    return `cannot be read: ${words}`;
  }
};

const isTimezone = (name: string): boolean => {
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};
