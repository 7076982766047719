import { type DurationMs, type EpochMs, MINUTE } from '../../machines/time.ts';
import type { BeatMinute } from '../../machines/workspace/beat-minute.ts';
import type { Entry } from './entry.ts';

/**
 * What was heard of a workspace since it was last written down; part of its entry, for every beat changes it.
 * Small whole numbers all, which an engine keeps in the object itself.
 */
export type BeatTally = {
  tallyMinute: number;
  tallyIncarnation: number;
  tallyBeats: number;
  tallyGapMs: DurationMs;
  /** When that gap ended, counted from the beginning of the minute. */
  tallyGapEndMs: DurationMs;
  /** How long the agent said with its last beat that it would be silent. */
  quietMs: DurationMs;
  /** Whether it beat since it last rested, was restarted or was started. */
  isHeard: boolean;
};

/** So many minutes wait for a disk that takes nothing; then the oldest are forgotten. */
const MOST_WAITING = 100_000;

/**
 * Counts beats by minute and incarnation, and the longest silence between two of them.
 *
 * What is silence is decided as for leases: nothing counts while we could not hear, while the agent was not meant to
 * run, over a change of incarnation, when an agent elsewhere says that it has begun anew, or while it is quiet as announced.
 */
export const createBeatTally = (now: () => EpochMs) => {
  let waiting: BeatMinute[] = [];
  /** Since when we have been able to hear. */
  let hearingSince = now();

  const finish = (entry: Entry): void => {
    if (entry.tallyBeats > 0) waiting.push(rowOf(entry));
    if (waiting.length > MOST_WAITING) waiting = waiting.slice(-MOST_WAITING / 2);
    entry.tallyBeats = 0;
    entry.tallyGapMs = 0;
  };

  return {
    /** Takes note of a beat, while the entry's presence still tells of the one before. */
    hear(entry: Entry, at: EpochMs, quietMs: DurationMs, uptimeSeconds: number): void {
      const minute = Math.floor(at / MINUTE);
      if (minute !== entry.tallyMinute || entry.incarnation !== entry.tallyIncarnation) {
        finish(entry);
        entry.tallyMinute = minute;
        entry.tallyIncarnation = entry.incarnation;
      }
      entry.tallyBeats += 1;
      if (entry.isHeard && entry.gate.isMeantToBeat) {
        const { lastHeartbeatAt, uptimeSeconds: before } = entry.presence;
        const gapMs = Math.round(at - Math.max(lastHeartbeatAt ?? at, hearingSince));
        const isLonger = gapMs > entry.tallyGapMs && gapMs > entry.quietMs;
        if (isLonger && uptimeSeconds >= (before ?? 0)) {
          entry.tallyGapMs = gapMs;
          entry.tallyGapEndMs = Math.round(at - minute * MINUTE);
        }
      }
      entry.isHeard = true;
      entry.quietMs = quietMs;
    },
    /** We were deaf until now. What was found silent and is not written yet may be for that. */
    wasDeaf(entries: Iterable<Entry>): void {
      hearingSince = now();
      for (const entry of entries) entry.tallyGapMs = 0;
    },
    /** Closes the minutes of these that are over, or every one; the next `take` gives them. */
    finish(entries: Iterable<Entry>, { evenUnderWay = false } = {}): void {
      const minute = Math.floor(now() / MINUTE);
      for (const entry of entries) if (evenUnderWay || entry.tallyMinute !== minute) finish(entry);
    },
    /** So many of the minutes that are closed and not taken yet, the oldest first. */
    take: (most: number): BeatMinute[] => waiting.splice(0, most),
    /** Could not be written: the next `take` gives it again. */
    giveBack(rows: readonly BeatMinute[]): void {
      waiting = [...rows, ...waiting];
    },
  };
};

export type BeatTallies = ReturnType<typeof createBeatTally>;

const rowOf = (entry: Entry): BeatMinute => ({
  workspaceId: entry.id,
  minute: entry.tallyMinute,
  incarnation: entry.tallyIncarnation,
  beats: entry.tallyBeats,
  longestGapMs: entry.tallyGapMs,
  gapEndedAt: entry.tallyMinute * MINUTE + entry.tallyGapEndMs,
  lastBeatAt: entry.presence.lastHeartbeatAt ?? 0,
});
