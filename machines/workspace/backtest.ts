import { type DurationMs, type EpochMs, SECOND } from '../time.ts';
import type { BeatHistory } from './beat-minute.ts';

/** That a workspace was taken for offline, or its process was seen to end. */
export type Offline = {
  at: EpochMs;
  by: 'silence' | 'exit';
  /** The last beat before; null when there was none. */
  lastBeatAt: EpochMs | null;
};

/** What is known of one workspace in a period: enough to say what another lease would have made of it. */
export type BeatRecord = BeatHistory & {
  /** Silence after which it is offline by the policy in force. */
  offlineAfterMs: DurationMs;
  /** No lease is shorter than this: two beats' worth. `gaps` holds every minute's longest one from here on. */
  leastLeaseMs: DurationMs;
  /** As the journal has them. */
  offlines: Offline[];
};

/** What a value of `offline_after` would have come to. */
export type Verdict = {
  /** How often somebody would have been taken for offline: `mistaken` and `real` together. */
  offlines: number;
  /** Of these: the same incarnation beat again afterwards. */
  mistaken: number;
  /** Nothing more was heard of that incarnation. Those whose end was seen need no lease to be noticed. */
  real: number;
  silent: number;
  /** From the last beat until it would have been noticed, over the real ones; null when there is none. */
  noticedAfterMs: { median: DurationMs; worst: DurationMs } | null;
};

/** What people write, from the shortest on; after the last one come whole hours. */
const LADDER: readonly DurationMs[] = [
  0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1_200, 1_800,
  2_700, 3_600,
].map((seconds) => Math.round(seconds * SECOND));
const HOUR: DurationMs = 3_600 * SECOND;

/** A suggestion is longer than the longest silence that somebody came back from, by this much. */
const MARGIN = 1.2;

/**
 * Judges a period anew, with another `offline_after`; with null, by what is in force for each workspace.
 *
 * From a minute on the count of mistaken ones is exact, since no two silences of a minute can end within one. Of
 * shorter ones that end within the same minute only the longest is known, so they count as one. A silence that was
 * cut short by a restart counts as real: whether the agent would have come back is not known.
 */
export const judge = (records: readonly BeatRecord[], offlineAfterMs: DurationMs | null): Verdict => {
  let mistaken = 0;
  let silent = 0;
  const noticed: DurationMs[] = [];
  for (const record of records) {
    const leaseMs = leaseOf(record, offlineAfterMs ?? record.offlineAfterMs);
    mistaken += record.gaps.filter(({ lengthMs }) => lengthMs >= leaseMs).length;
    for (const offline of record.offlines) {
      if (cameBack(record, offline)) continue;
      if (offline.by === 'silence') silent += 1;
      noticed.push(offline.by === 'silence' ? leaseMs : 0);
    }
  }
  const real = noticed.length;
  return { offlines: mistaken + real, mistaken, real, silent, noticedAfterMs: spreadOf(noticed) };
};

/** The shortest `offline_after` that somebody would write and that leaves every silence of the period some room. */
export const suggestOfflineAfter = (records: readonly BeatRecord[]): DurationMs => {
  const leastMs = Math.max(
    ...records.map(({ leastLeaseMs, longestGapMs }) => Math.max(leastLeaseMs, longestGapMs * MARGIN)),
    LADDER[0] as DurationMs,
  );
  return LADDER.find((value) => value >= leastMs) ?? Math.ceil(leastMs / HOUR) * HOUR;
};

/** How long a lease is by an `offline_after`. */
export const leaseOf = ({ leastLeaseMs }: Pick<BeatRecord, 'leastLeaseMs'>, offlineAfterMs: DurationMs) =>
  Math.max(offlineAfterMs, leastLeaseMs);

/** Whether the silence that made it offline ended with a beat of the same incarnation. */
const cameBack = ({ gaps }: BeatRecord, { at, by, lastBeatAt }: Offline): boolean =>
  by === 'silence' &&
  lastBeatAt !== null &&
  gaps.some(({ endedAt, lengthMs }) => {
    const beganAt = endedAt - lengthMs;
    return beganAt >= lastBeatAt && beganAt <= at && endedAt >= at;
  });

const spreadOf = (lengths: readonly DurationMs[]): Verdict['noticedAfterMs'] => {
  const sorted = lengths.toSorted((a, b) => a - b);
  const [median, worst] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted.at(-1)];
  return median === undefined || worst === undefined ? null : { median, worst };
};
