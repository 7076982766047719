import type { DurationMs, EpochMs } from '../time.ts';

/** What was heard of one incarnation of a workspace's agent within one minute. Beats are counted, never kept. */
export type BeatMinute = {
  workspaceId: string;
  /** Whole minutes since 1970. */
  minute: number;
  incarnation: number;
  beats: number;
  /** The longest silence that a beat of this minute ended; 0 for none that counts. */
  longestGapMs: DurationMs;
  /** When that silence ended; of no meaning when there was none. */
  gapEndedAt: EpochMs;
  lastBeatAt: EpochMs;
};

/** A silence that the same incarnation broke by itself. */
export type Gap = { endedAt: EpochMs; lengthMs: DurationMs };

/** What is known of the beats of a workspace since a moment, by whole minutes. */
export type BeatHistory = {
  /** Minutes in which it was heard. */
  minutes: number;
  beats: number;
  /** The beginning of the first of them, and the last beat; null when there are none. */
  firstAt: EpochMs | null;
  lastAt: EpochMs | null;
  longestGapMs: DurationMs;
  /** The longest one of each minute, of those that were asked for, oldest first. */
  gaps: Gap[];
};
