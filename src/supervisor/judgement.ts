import { createActor } from 'xstate';
import { type SupervisorEvent, supervisorMachine } from '../../machines/supervisor/supervisor.machine.ts';
import { type DurationMs, type EpochMs, MINUTE } from '../../machines/time.ts';
import { leafOf } from '../../machines/walk.ts';
import type { Entry } from './entry.ts';
import type { Leases } from './leases.ts';
import type { Log } from './options.ts';
import { createAlarm, type Scheduler } from './scheduler.ts';
import type { SupervisorInside } from './watching-api.ts';

/** While most of the fleet is silent, it is looked at so often whether that is over. */
const LOOK_EVERY_MS: DurationMs = 5_000;
const DEFAULT_HOLD_MS: DurationMs = 10 * MINUTE;
/** The fleet is counted at most so often, however many leases end. */
const COUNT_EVERY_MS: DurationMs = 1_000;

type JudgementOptions = {
  scheduler: Scheduler;
  now: () => EpochMs;
  roll: () => number;
  log: Log;
  entries: () => Iterable<Entry>;
  leases: () => Pick<Leases, 'extendTo' | 'grantOne' | 'isSilent' | 'intervalMs'>;
  /** How long a silence of most of the fleet is not believed; 0 believes it at once. Default 10 min. */
  silenceHoldMs: DurationMs | undefined;
  /** Told why nobody is called silent when most of the fleet is, and null when that is over. */
  onHold: ((reason: string | null) => void) | undefined;
};

/** Runs the machine that says whether silence may be judged, and gives leases the time that it grants. */
export const createJudgement = (options: JudgementOptions) => {
  const { scheduler, now, roll, log, entries, leases, onHold } = options;
  const { silenceHoldMs = DEFAULT_HOLD_MS } = options;
  const actor = createActor(supervisorMachine).start();
  const stateNow = () => actor.getSnapshot();
  const isUnsure = (): boolean => stateNow().matches('holding') || stateNow().matches('conceding');
  const leased = (): Entry[] => [...entries()].filter(({ snapshot }) => snapshot.hasTag('leased'));
  /** Whose silence is held, and when each was heard last. */
  const silent = new Map<Entry, EpochMs | null>();
  let countedAt: EpochMs | null = null;

  const send = (event: SupervisorEvent): void => {
    const wasUnsure = isUnsure();
    const wasHolding = stateNow().matches('holding');
    actor.send(event);
    const isHolding = stateNow().matches('holding');
    if (isHolding && !wasHolding) beginHolding();
    if (wasHolding && stateNow().matches('listening')) endHolding();
    if (isHolding && !wasUnsure) onHold?.(stateNow().context.hold?.reason ?? '');
    if (wasUnsure && !isUnsure()) onHold?.(null);
    if (!isUnsure()) silent.clear();
    const ends = stateNow().hasTag('holds') ? (stateNow().context.hold?.until ?? null) : null;
    const next = isUnsure() ? Math.min(ends ?? Infinity, event.at + LOOK_EVERY_MS) : ends;
    if (next === null) scheduler.disarm(alarm);
    else scheduler.arm(alarm, next);
  };

  const beginHolding = (): void => {
    const { reason = '', until = now() } = stateNow().context.hold ?? {};
    log.warn({ reason, forMs: silenceHoldMs }, 'nobody is called offline for being silent now');
    for (const entry of leased()) {
      if (leases().isSilent(entry)) silent.set(entry, entry.presence.lastHeartbeatAt);
      // Spread, so that not all end in one moment should it be believed in the end.
      leases().extendTo(entry, until + Math.round(roll() * leases().intervalMs()));
    }
  };

  const endHolding = (): void => {
    log.info(
      { state: leafOf(stateNow().value) },
      'silence is judged again, after a whole lease for everybody',
    );
    // Also whoever was restarted meanwhile: its lease was made as long as everybody's.
    for (const entry of entries()) leases().grantOne(entry);
  };

  /** While silence is held, leases say nothing of it: whoever was not heard since is silent. */
  const isStillSilent = (entry: Entry): boolean =>
    silent.has(entry) && silent.get(entry) === entry.presence.lastHeartbeatAt;

  const count = (): void => {
    const at = now();
    countedAt = at;
    const listening = leased();
    const isSilent = isUnsure() ? isStillSilent : leases().isSilent;
    const amount = listening.filter(isSilent).length;
    const until = at + silenceHoldMs;
    send({ type: 'silence.observed', at, until, silent: amount, listening: listening.length });
  };

  const endIfOver = (): void => {
    const { hold } = stateNow().context;
    if (stateNow().hasTag('holds') && hold !== null && hold.until <= now()) {
      send({ type: 'deadline.passed', at: now() });
    }
  };

  const alarm = createAlarm(() => {
    endIfOver();
    if (isUnsure()) count();
  });

  return {
    /** Until when nobody is called silent; null where a lease that ended means that its agent is. */
    heldUntil(): EpochMs | null {
      endIfOver();
      const isCounted = countedAt !== null && Math.abs(now() - countedAt) < COUNT_EVERY_MS;
      if (silenceHoldMs > 0 && !isCounted) count();
      return stateNow().hasTag('judges') ? null : (stateNow().context.hold?.until ?? null);
    },
    /** The event loop, or the machine, stood still, or the clock jumped: whoever is leased was given `forMs`. */
    holdLate(lateMs: DurationMs, forMs: DurationMs): void {
      const at = now();
      send({ type: 'supervisor.heldUp', at, until: at + forMs, lateMs });
    },
    /** Nobody could be heard while the supervisor was not there. */
    holdDeaf(forMs: DurationMs): void {
      const at = now();
      send({ type: 'supervisor.started', at, until: at + forMs });
    },
    /** Why silence is not judged now; null where it is. */
    reason: (): string | null =>
      stateNow().hasTag('holds') ? (stateNow().context.hold?.reason ?? null) : null,
    view(): SupervisorInside['judgement'] {
      const { hold } = stateNow().context;
      const isHeld = stateNow().hasTag('holds');
      return {
        state: leafOf(stateNow().value),
        held: isHeld,
        since: hold?.since ?? null,
        until: hold?.until ?? null,
        reason: hold?.reason ?? null,
      };
    },
  };
};

export type Judgement = ReturnType<typeof createJudgement>;
