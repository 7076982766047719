import { type DurationMs, type EpochMs, MINUTE } from '../../machines/time.ts';
import { leafOf } from '../../machines/walk.ts';
import { idleAfterOf } from '../idle-after.ts';
import type { ActorHost } from './actor-host.ts';
import type { Entry } from './entry.ts';
import type { Leases } from './leases.ts';
import type { Scheduler } from './scheduler.ts';

/** What an agent asks for counts from here on. */
const SHORTEST_MS: DurationMs = MINUTE;
/** A beat that is older by so many intervals says nothing of what its agent does now. */
const FRESH_BEATS = 2;

type IdlenessOptions = {
  scheduler: Scheduler;
  host: Pick<ActorHost, 'send'>;
  leases: () => Pick<Leases, 'intervalMs'>;
  now: () => EpochMs;
  log: { warn(details: object, message: string): void };
};

/**
 * Hibernates who has had no work for as long as its spec says.
 *
 * Work is what beats tell of: active tasks, or a current one. A beat as such is none, and nobody is hibernated whose
 * last beat is not fresh, or who has plugins or a restart to come. As with leases, activity moves no alarm: it looks
 * again when it rings.
 */
export const createIdleness = ({ scheduler, host, leases, now, log }: IdlenessOptions) => {
  /** What agents did while nobody could hear them is not known, so that nothing before counts. */
  let countsFrom: EpochMs = now();

  const judge = (entry: Entry): void => {
    const idle = idleOf(entry, countsFrom);
    if (idle === null || !mayRest(entry)) return scheduler.disarm(entry.idleAlarm);
    const at = now();
    const soon = at + leases().intervalMs();
    if (idle.until === null) return scheduler.arm(entry.idleAlarm, soon);
    if (idle.until > at) return scheduler.arm(entry.idleAlarm, idle.until);
    if (!saysSo(entry)) return scheduler.arm(entry.idleAlarm, soon);
    hibernate(entry, idle.since);
  };

  /** Its last beat came lately, in this stay online, and told of no work. */
  const saysSo = ({ presence, snapshot }: Entry): boolean => {
    const heardAt = presence.lastHeartbeatAt ?? 0;
    const isFresh = heardAt + FRESH_BEATS * leases().intervalMs() >= now();
    return (
      isFresh && heardAt >= snapshot.context.since && !presence.activeTasks && presence.currentTask === null
    );
  };

  const hibernate = (entry: Entry, since: EpochMs): void => {
    const before = entry.schedule;
    entry.schedule = { ...before, idleSince: since };
    const sent = host.send(
      entry,
      { type: 'operator.hibernated', by: 'idleness' },
      { schedule: entry.schedule },
    );
    if (entry.snapshot.context.status === 'online') entry.schedule = before;
    sent.catch((error: unknown) => {
      log.warn({ err: error, workspace: entry.id }, 'a hibernation is not on disk yet');
    });
  };

  return {
    judge,
    /**
     * Waits for its idleness where the state allows it. To be called after every transition and change of its spec; as
     * that may be in the middle of a transition, nothing is sent before the alarm rings.
     */
    watch(entry: Entry): void {
      const idle = idleOf(entry, countsFrom);
      if (idle === null || !mayRest(entry)) scheduler.disarm(entry.idleAlarm);
      else scheduler.arm(entry.idleAlarm, Math.max(idle.until ?? 0, now()));
    },
    /** Nobody was heard for a while, or the clock jumped: everybody's idleness begins anew. */
    startAnew(): void {
      countsFrom = now();
    },
    idleOf: (entry: Entry): Idle | null => idleOf(entry, countsFrom),
  };
};

export type Idleness = ReturnType<typeof createIdleness>;

/** `since`: when it last had work, or came online after that. `until`: null while its agent has not said how long. */
export type Idle = { since: EpochMs; until: EpochMs | null };

const idleOf = ({ spec, snapshot, lastActiveAt, idleTimeoutMs }: Entry, countsFrom: EpochMs): Idle | null => {
  const after = idleAfterOf(spec);
  if (after === null) return null;
  const since = Math.max(lastActiveAt, snapshot.context.since, countsFrom);
  const afterMs = after === 'agent' ? idleTimeoutMs : after;
  return { since, until: afterMs === null ? null : since + Math.max(afterMs, SHORTEST_MS) };
};

const mayRest = ({ snapshot, gate }: Entry): boolean =>
  leafOf(snapshot.value) === 'wanted.online.converged' &&
  !gate.restartPending &&
  !gate.pluginsPending &&
  snapshot.context.plugins.probation === null;
