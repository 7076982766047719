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

type History = { number: number; first_minute: number };

/**
 * Beats by the minute: never more than the latest `cap` minutes of a workspace, and none at all with 0.
 *
 * A row has a number for its workspace and moments counted from its minute on, which makes it less than 30 bytes
 * long. What belongs to one workspace lies together, so that reading or removing it is quick; in return each row of
 * a commit costs a page of the log. At the cap a hundredth of it goes at once, so that the cost of dropping is rare.
 */
export const createBeatHistories = (db: Database, cap: number): BeatHistories => {
  const find = db.prepare<[string], History>(
    'SELECT number, first_minute FROM beat_histories WHERE workspace_id = ?',
  );
  const begin = db.prepare<[number, string], History>(`
    INSERT INTO beat_histories (workspace_id, first_minute)
    SELECT workspace_id, ? FROM workspaces WHERE workspace_id = ? AND removed_at IS NULL
    RETURNING number, first_minute`);
  const add = db.prepare<[number, number, number, number, number, number, number]>(`
    INSERT INTO beat_minutes VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
      beats = beats + excluded.beats,
      last_beat_ms = max(last_beat_ms, excluded.last_beat_ms),
      gap_end_ms = iif(excluded.longest_gap_ms > longest_gap_ms, excluded.gap_end_ms, gap_end_ms),
      longest_gap_ms = max(longest_gap_ms, excluded.longest_gap_ms)`);
  const drop = db.prepare<[number, number]>('DELETE FROM beat_minutes WHERE history = ? AND minute < ?');
  const setFirst = db.prepare<[number, number]>(
    'UPDATE beat_histories SET first_minute = ? WHERE number = ?',
  );
  const end = db.prepare<[number]>('DELETE FROM beat_histories WHERE number = ?');
  const totals = db.prepare<[number, number], Totals>(`
    SELECT count(DISTINCT minute) AS minutes, sum(beats) AS beats, min(minute) AS first,
      max(minute * ${MINUTE} + last_beat_ms) AS last_at, max(longest_gap_ms) AS longest_gap_ms
    FROM beat_minutes WHERE history = ? AND minute >= ?`);
  const gaps = db.prepare<[number, number, number], GapRow>(`
    SELECT minute, gap_end_ms, longest_gap_ms FROM beat_minutes
    WHERE history = ? AND minute >= ? AND longest_gap_ms >= ? ORDER BY minute, incarnation`);

  const makeRoom = (history: History, minute: number): void => {
    const { first_minute } = history;
    if (minute - first_minute < cap && minute >= first_minute) return;
    const first = Math.min(minute, Math.max(first_minute, minute - cap + 1 + Math.floor(cap / 100)));
    drop.run(history.number, first);
    setFirst.run(first, history.number);
  };

  const addOne = (number: number, row: BeatMinute): void => {
    const { minute, incarnation, beats, longestGapMs, gapEndedAt, lastBeatAt } = row;
    const sinceMinute = (at: EpochMs) => Math.round(at - minute * MINUTE);
    const gapEndMs = longestGapMs === 0 ? 0 : sinceMinute(gapEndedAt);
    add.run(number, minute, incarnation, beats, sinceMinute(lastBeatAt), longestGapMs, gapEndMs);
  };

  return {
    add: (rows) => {
      if (cap === 0) return;
      for (const row of rows) {
        const history = find.get(row.workspaceId) ?? begin.get(row.minute, row.workspaceId);
        if (history === undefined) continue;
        addOne(history.number, row);
        makeRoom(history, row.minute);
      }
    },
    forget: (workspaceId) => {
      const history = find.get(workspaceId);
      if (history === undefined) return;
      drop.run(history.number, Number.MAX_SAFE_INTEGER);
      end.run(history.number);
    },
    read: (workspaceId, { since, gapsFromMs }) => {
      const window = [find.get(workspaceId)?.number ?? 0, Math.ceil(since / MINUTE)] as const;
      const { minutes, beats, first, last_at, longest_gap_ms } = totals.get(...window) as Totals;
      return {
        minutes,
        beats: beats ?? 0,
        firstAt: first === null ? null : first * MINUTE,
        lastAt: last_at,
        longestGapMs: longest_gap_ms ?? 0,
        gaps: gaps.all(...window, gapsFromMs).map((row) => ({
          endedAt: row.minute * MINUTE + row.gap_end_ms,
          lengthMs: row.longest_gap_ms,
        })),
      };
    },
  };
};
