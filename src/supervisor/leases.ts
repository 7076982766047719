import type { DurationMs, EpochMs } from '../../machines/time.ts';
import type { Beat } from './api.ts';
import type { BeatTallies } from './beat-tally.ts';
import type { Entry } from './entry.ts';
import type { Scheduler } from './scheduler.ts';

/** The longest silence that an agent may ask for. */
const LONGEST_QUIET_MS: DurationMs = 15 * 60_000;
/** Beats per second that a large fleet is spread to. */
const FLEET_BEATS_PER_SECOND = 200;

type LeaseOptions = {
  scheduler: Scheduler;
  now: () => EpochMs;
  beatIntervalMs: DurationMs;
  fleetSize: () => number;
  /** Asked when a lease ended unrenewed, before `onExpired`: until when nobody is called silent, or null. */
  heldUntil: () => EpochMs | null;
  tallies: Pick<BeatTallies, 'hear'>;
  /** Called when a lease ended unrenewed. */
  onExpired: (entry: Entry) => void;
};

/**
 * The promise that an agent lives until a moment.
 *
 * Renewing one is two assignments: the alarm stays where it is, and looks at the lease again when it rings.
 */
export const createLeases = ({
  scheduler,
  now,
  beatIntervalMs,
  fleetSize,
  heldUntil,
  tallies,
  onExpired,
}: LeaseOptions) => {
  /** How often an agent is asked to beat. */
  const intervalMs = (): DurationMs =>
    Math.max(beatIntervalMs, Math.ceil((1000 * fleetSize()) / FLEET_BEATS_PER_SECOND));

  const lengthOf = (entry: Entry, quietMs = 0): DurationMs =>
    Math.max(entry.gate.offlineAfterMs, 2 * intervalMs(), quietMs);

  const judge = (entry: Entry) => {
    if (!entry.snapshot.hasTag('leased')) return;
    const ended = (): boolean => (entry.presence.leaseExpiresAt ?? 0) <= now();
    const until = ended() ? heldUntil() : null;
    if (until !== null) extendTo(entry, until);
    // Asking may have given it more time.
    if (ended()) onExpired(entry);
    else scheduler.arm(entry.lease, entry.presence.leaseExpiresAt ?? 0);
  };

  /** Lets the lease run at least until then. */
  const extendTo = (entry: Entry, end: EpochMs): void => {
    entry.presence.leaseExpiresAt = Math.max(entry.presence.leaseExpiresAt ?? 0, end);
    entry.presenceChanged = true;
  };

  /** Lets the lease run at least until one full length and `extraMs` from now. */
  const extend = (entry: Entry, extraMs: DurationMs = 0): void => extendTo(entry, fullEnd(entry) + extraMs);

  /** The end of a lease that begins now. Whoever said that it would be quiet for a while is given that while again. */
  const fullEnd = (entry: Entry): EpochMs => now() + lengthOf(entry, entry.quietMs);

  return {
    intervalMs,
    extend,
    extendTo,
    judge,
    /** Whether more than half of its lease is over, and at least two beats are missing. */
    isSilent(entry: Entry): boolean {
      const { lastHeartbeatAt, leaseExpiresAt } = entry.presence;
      if ((lastHeartbeatAt ?? 0) + 2 * intervalMs() > now()) return false;
      return (leaseExpiresAt ?? 0) - now() < lengthOf(entry) / 2;
    },
    /** Lets the lease run for one length from now, neither shorter nor longer. */
    grantOne(entry: Entry): void {
      const end = fullEnd(entry);
      entry.presence.leaseExpiresAt = end;
      entry.presenceChanged = true;
      if (entry.lease.at !== null) scheduler.arm(entry.lease, end);
    },
    /** Takes note of a beat. */
    renew(entry: Entry, beat: Beat): void {
      const at = now();
      const { presence } = entry;
      const quietMs = Math.min(beat.quietForMs, LONGEST_QUIET_MS);
      tallies.hear(entry, at, quietMs, beat.uptimeSeconds);
      const end = at + lengthOf(entry, quietMs);
      // Only a lease that got shorter, after a quiet one, is looked at earlier than its alarm says.
      const gotShorter = end < (presence.leaseExpiresAt ?? 0);
      if (gotShorter && entry.lease.at !== null && entry.lease.at > end) scheduler.arm(entry.lease, end);
      presence.lastHeartbeatAt = at;
      presence.leaseExpiresAt = end;
      presence.errorRate = beat.errorRate;
      presence.sampleError = beat.sampleError;
      presence.activeTasks = beat.activeTasks;
      presence.currentTask = beat.currentTask;
      presence.uptimeSeconds = beat.uptimeSeconds;
      entry.presenceChanged = true;
      if (beat.activeTasks > 0 || beat.currentTask !== null) entry.lastActiveAt = at;
      entry.idleTimeoutMs = beat.idleTimeoutMs;
    },
    /** A beat that is still to come was noted before the clock was set back: it came now, and so its lease begins. */
    bringBack(entry: Entry): void {
      const { presence } = entry;
      const aheadMs = (presence.lastHeartbeatAt ?? 0) - now();
      if (aheadMs <= 0) return;
      presence.lastHeartbeatAt = now();
      presence.leaseExpiresAt = (presence.leaseExpiresAt ?? 0) - aheadMs;
      entry.presenceChanged = true;
    },
    /** Judges silence in the states that ask for it, and only there. */
    watch(entry: Entry): void {
      if (!entry.snapshot.hasTag('leased')) scheduler.disarm(entry.lease);
      else if (entry.lease.at === null) {
        if ((entry.presence.leaseExpiresAt ?? 0) <= now()) extend(entry);
        scheduler.arm(entry.lease, entry.presence.leaseExpiresAt as EpochMs);
      }
    },
  };
};

export type Leases = ReturnType<typeof createLeases>;
