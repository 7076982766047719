import type { DurationMs, EpochMs } from '../../../machines/time.ts';
import { judge, suggestOfflineAfter } from '../../../machines/workspace/backtest.ts';
import { formatDuration } from '../../durations.ts';
import type { WorkspaceBeats } from '../../supervisor/api.ts';
import type { BacktestWire, VerdictWire } from '../schemas/backtest.ts';
import { iso } from '../schemas/nullable.ts';

type Asked = {
  since: EpochMs;
  until: EpochMs;
  offlineAfterMs: DurationMs | null;
  leftOut: number;
  limit: number;
};

/** What the records of a period say about a value of `offline_after`: over all of them, and one by one. */
export const backtestToWire = (records: readonly WorkspaceBeats[], asked: Asked): BacktestWire => {
  const { since, until, offlineAfterMs, leftOut, limit } = asked;
  const items = records
    .map((record) => ({ id: record.id, name: record.name, ...verdictsOf([record], asked) }))
    .toSorted((a, b) => alarmsOf(b) - alarmsOf(a) || b.longest_gap_ms - a.longest_gap_ms);
  return {
    since: iso(since),
    until: iso(until),
    least_seconds: Math.max(0, ...records.map(({ leastLeaseMs }) => leastLeaseMs)) / 1_000,
    seen: { workspaces: records.length, left_out: leftOut, ...seenOf(records, since) },
    ...verdictsOnly(records, offlineAfterMs),
    items: items.slice(0, limit),
  };
};

const alarmsOf = ({ now, proposed }: { now: VerdictWire; proposed: VerdictWire | null }): number =>
  Math.max(now.false_offlines, proposed?.false_offlines ?? 0);

const verdictsOf = (records: readonly WorkspaceBeats[], { since, offlineAfterMs }: Asked) => ({
  ...seenOf(records, since),
  ...verdictsOnly(records, offlineAfterMs),
});

const verdictsOnly = (records: readonly WorkspaceBeats[], proposedMs: DurationMs | null) => {
  const inForce = new Set(records.map((record) => record.offlineAfterMs));
  const [only = null] = inForce.size === 1 ? inForce : [];
  const suggestedMs = suggestOfflineAfter(records);
  return {
    now: verdictOf(records, null, only),
    proposed: proposedMs === null ? null : verdictOf(records, proposedMs),
    suggested: verdictOf(records, suggestedMs),
  };
};

const verdictOf = (
  records: readonly WorkspaceBeats[],
  offlineAfterMs: DurationMs | null,
  shownMs = offlineAfterMs,
): VerdictWire => {
  const { offlines, mistaken, real, silent, noticedAfterMs } = judge(records, offlineAfterMs);
  return {
    offline_after: shownMs === null ? null : formatDuration(shownMs),
    offlines,
    false_offlines: mistaken,
    real_offlines: real,
    silent_offlines: silent,
    noticed_after: noticedAfterMs && {
      median_seconds: noticedAfterMs.median / 1_000,
      worst_seconds: noticedAfterMs.worst / 1_000,
    },
  };
};

const seenOf = (records: readonly WorkspaceBeats[], since: EpochMs) => {
  const sum = (of: (record: WorkspaceBeats) => number) =>
    records.reduce((all, record) => all + of(record), 0);
  const firsts = records.flatMap(({ firstAt }) => firstAt ?? []);
  const lasts = records.flatMap(({ lastAt }) => lastAt ?? []);
  const journalSince = Math.max(...records.map((record) => record.journalSince ?? 0));
  return {
    minutes: sum(({ minutes }) => minutes),
    beats: sum(({ beats }) => beats),
    first_at: firsts.length === 0 ? null : iso(Math.min(...firsts)),
    last_at: lasts.length === 0 ? null : iso(Math.max(...lasts)),
    journal_since: journalSince > since ? iso(journalSince) : null,
    longest_gap_ms: Math.max(0, ...records.map(({ longestGapMs }) => longestGapMs)),
  };
};
