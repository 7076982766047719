import { type DurationMs, type EpochMs, MINUTE, SECOND } from '../../machines/time.ts';
import { lastMoment, nextMoment, type ScheduleMoment, scheduleOf } from '../schedule.ts';
import { type ActorHost, isAlive } from './actor-host.ts';
import type { Entry } from './entry.ts';
import { noteRow } from './journal-row.ts';
import type { Change, Store } from './ports.ts';
import type { ScheduleMark } from './schedule-port.ts';
import { createAlarm, type Scheduler } from './scheduler.ts';
import { isPossible, OCCURRENCE_OF } from './verbs.ts';

/** A mark that lies farther ahead was made by a clock that was wrong. */
const BELIEVED_AHEAD_MS: DurationMs = 24 * 60 * MINUTE;
/** An actor that failed when it was told is told again after so long. */
const RETRY_MS: DurationMs = 10 * SECOND;
/** Between two that are resumed: a fleet that is due at seven must not start at once. */
const STARTS_APART_MS: DurationMs = 200;

type ScheduleOptions = {
  scheduler: Scheduler;
  host: Pick<ActorHost, 'send'>;
  store: Pick<Store, 'commit'>;
  now: () => EpochMs;
  log: { warn(details: object, message: string): void };
};

/**
 * Pauses and resumes workspaces by their schedules.
 *
 * A moment counts once, and only while no operator has acted since: of those that were missed, whatever the reason,
 * the newest. A schedule resumes only what a schedule has paused. It pauses whatever is wanted, but for what has
 * failed: that waits for an operator. What rests already is left as it is.
 */
export const createSchedules = ({ scheduler, host, store, now, log }: ScheduleOptions) => {
  const toResume = new Set<Entry>();
  const turn = createAlarm(() => {
    const [entry] = toResume;
    if (entry === undefined) return;
    toResume.delete(entry);
    const due = dueOf(entry);
    if (due?.act === 'resume') carryOut(entry, due);
    if (toResume.size > 0) scheduler.arm(turn, now() + STARTS_APART_MS);
  });

  /** The newest moment that nobody has dealt with. */
  const dueOf = (entry: Entry): ScheduleMoment | null => {
    const schedule = scheduleOf(entry.spec);
    const last = schedule === null ? null : lastMoment(schedule, now());
    return last === null || last.at <= entry.schedule.settledAt ? null : last;
  };

  const settle = (entry: Entry): void => {
    const schedule = scheduleOf(entry.spec);
    if (schedule === null || entry.snapshot.status !== 'active') return scheduler.disarm(entry.scheduleAlarm);
    const at = now();
    if (entry.schedule.settledAt > at + BELIEVED_AHEAD_MS) entry.schedule.settledAt = at;
    const due = dueOf(entry);
    if (due?.act === 'resume' && entry.schedule.pausedAt !== null) {
      toResume.add(entry);
      if (turn.at === null) scheduler.arm(turn, at);
    } else if (due !== null && !carryOut(entry, due)) {
      return scheduler.arm(entry.scheduleAlarm, at + RETRY_MS);
    }
    const next = nextMoment(schedule, Math.max(at, entry.schedule.settledAt));
    if (next === null) scheduler.disarm(entry.scheduleAlarm);
    else scheduler.arm(entry.scheduleAlarm, next.at);
  };

  /** False when its actor failed over it. */
  const carryOut = (entry: Entry, { act, at }: ScheduleMoment): boolean => {
    const before = entry.schedule;
    const isMeant = act === 'pause' ? !hasFailed(entry) : before.pausedAt !== null;
    if (!isMeant || !isPossible(entry, OCCURRENCE_OF[act])) {
      pass(entry, act, at);
      return true;
    }
    const mark: ScheduleMark = { ...before, settledAt: at, pausedAt: act === 'pause' ? at : null };
    entry.schedule = mark;
    const sent = host.send(entry, { ...OCCURRENCE_OF[act], by: 'schedule' }, { schedule: mark });
    sent.catch((error: unknown) => {
      log.warn({ err: error, workspace: entry.id, act }, 'a schedule is not on disk yet');
    });
    if (isAlive(entry)) return true;
    entry.schedule = before;
    return false;
  };

  /** The moment is over, and nothing came of it: worth a line where it should have been otherwise. */
  const pass = (entry: Entry, act: ScheduleMoment['act'], at: EpochMs): void => {
    const { status } = entry.snapshot.context;
    const isSo = act === 'pause' ? status === 'paused' : status !== 'paused';
    entry.schedule = {
      ...entry.schedule,
      settledAt: at,
      pausedAt: act === 'pause' ? entry.schedule.pausedAt : null,
    };
    const row = noteRow(entry.snapshot, 'schedule.skipped', { act, status }, now());
    store
      .commit({ workspaceId: entry.id, schedule: entry.schedule, ...(isSo ? {} : { journal: [row] }) })
      .catch(() => undefined);
  };

  return {
    /** Deals with what was missed, and waits for the next moment. To be called once it is there, and after a change. */
    settle,
    /** What is to be committed with an act of an operator's: it wins over every moment until now. */
    actedOn(entry: Entry): Partial<Change> {
      const { pausedAt, idleSince } = entry.schedule;
      if (scheduleOf(entry.spec) === null && pausedAt === null && idleSince === undefined) return {};
      return { schedule: { settledAt: now(), pausedAt: null } };
    },
    /** What is to be committed with another schedule: what it would have done until now is not made up for. */
    replaced: (entry: Entry): Partial<Change> => ({
      schedule: { ...entry.schedule, settledAt: now() },
    }),
  };
};

export type Schedules = ReturnType<typeof createSchedules>;

const hasFailed = ({ snapshot }: Entry): boolean => snapshot.context.status === 'failed';
