import type { Database } from 'better-sqlite3';
import { type EpochMs, MINUTE } from '../../machines/time.ts';
import type { BeatHistory, BeatMinute } from '../../machines/workspace/beat-minute.ts';
import type { BeatRange } from './types.ts';

export type BeatHistories = {
  /** Adds to these minutes, and drops what is too old; passes over workspaces that are removed or unknown. */
  add(rows: readonly BeatMinute[]): void;
  forget(workspaceId: string): void;
  read(workspaceId: string, range: BeatRange): BeatHistory;
};

type Totals = {
  minutes: number;
  beats: number | null;
  first: number | null;
  last_at: EpochMs | null;
  longest_gap_ms: number | null;
};
type GapRow = { minute: number; gap_end_ms: number; longest_gap_ms: number };

/**
 * Beats by the minute: never more than the latest `cap` minutes of a workspace, and none at all with 0.
 *
 * A row has a number for its workspace and moments counted from its minute on, for it is written once a minute and
 * workspace: that makes it about 20 bytes long. What belongs to one workspace lies together.
 */
export const createBeatHistories = (db: Database, cap: number): BeatHistories => {
  const add = db.prepare<[number, number, number, number, number, number, string]>(`
    INSERT INTO beat_minutes SELECT number, ?, ?, ?, ?, ?, ? FROM beat_histories WHERE workspace_id = ?
    ON CONFLICT DO UPDATE SET
      beats = beats + excluded.beats,
      last_beat_ms = max(last_beat_ms, excluded.last_beat_ms),
      gap_end_ms = iif(excluded.longest_gap_ms > longest_gap_ms, excluded.gap_end_ms, gap_end_ms),
      longest_gap_ms = max(longest_gap_ms, excluded.longest_gap_ms)`);
  const begin = db.prepare<[string]>(`
    INSERT INTO beat_histories (workspace_id)
    SELECT workspace_id FROM workspaces WHERE workspace_id = ? AND removed_at IS NULL`);
  const numberOf = db
    .prepare<[string], number>('SELECT number FROM beat_histories WHERE workspace_id = ?')
    .pluck();
  const drop = db.prepare<[string, number]>(`
    DELETE FROM beat_minutes
    WHERE history = (SELECT number FROM beat_histories WHERE workspace_id = ?) AND minute <= ?`);
  const forget = db.prepare<[number]>('DELETE FROM beat_minutes WHERE history = ?');
  const end = db.prepare<[number]>('DELETE FROM beat_histories WHERE number = ?');
  const totals = db.prepare<[number, number], Totals>(`
    SELECT count(DISTINCT minute) AS minutes, sum(beats) AS beats, min(minute) AS first,
      max(minute * ${MINUTE} + last_beat_ms) AS last_at, max(longest_gap_ms) AS longest_gap_ms
    FROM beat_minutes WHERE history = ? AND minute >= ?`);
  const gaps = db.prepare<[number, number, number], GapRow>(`
    SELECT minute, gap_end_ms, longest_gap_ms FROM beat_minutes
    WHERE history = ? AND minute >= ? AND longest_gap_ms >= ? ORDER BY minute, incarnation`);

  const addOne = (row: BeatMinute): boolean => {
    const { workspaceId, minute, incarnation, beats, longestGapMs, gapEndedAt, lastBeatAt } = row;
    const sinceMinute = (at: EpochMs) => Math.round(at - minute * MINUTE);
    const gapEndMs = longestGapMs === 0 ? 0 : sinceMinute(gapEndedAt);
    const lastBeatMs = sinceMinute(lastBeatAt);
    const written = add.run(minute, incarnation, beats, lastBeatMs, longestGapMs, gapEndMs, workspaceId);
    return written.changes > 0;
  };

  return {
    add: (rows) => {
      if (cap === 0) return;
      for (const row of rows) {
        if (!addOne(row) && begin.run(row.workspaceId).changes > 0) addOne(row);
        drop.run(row.workspaceId, row.minute - cap);
      }
    },
    forget: (workspaceId) => {
      const number = numberOf.get(workspaceId);
      if (number === undefined) return;
      forget.run(number);
      end.run(number);
    },
    read: (workspaceId, { since, gapsFromMs }) => {
      const number = numberOf.get(workspaceId) ?? 0;
      const from = Math.ceil(since / MINUTE);
      const { minutes, beats, first, last_at, longest_gap_ms } = totals.get(number, from) as Totals;
      return {
        minutes,
        beats: beats ?? 0,
        firstAt: first === null ? null : first * MINUTE,
        lastAt: last_at,
        longestGapMs: longest_gap_ms ?? 0,
        gaps: gaps.all(number, from, gapsFromMs).map((row) => ({
          endedAt: row.minute * MINUTE + row.gap_end_ms,
          lengthMs: row.longest_gap_ms,
        })),
      };
    },
  };
};
