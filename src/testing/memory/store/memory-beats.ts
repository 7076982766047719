import { type EpochMs, MINUTE } from '../../../../machines/time.ts';
import type { BeatHistory, BeatMinute } from '../../../../machines/workspace/beat-minute.ts';
import type { MemoryDisk, OwnBeats } from './memory-disk.ts';
import { put, type Undoable } from './undoable.ts';

/** The beats of each workspace by the minute, never more than the latest `cap` minutes, and none at all with 0. */
export const createMemoryBeats = (disk: MemoryDisk, undoable: Undoable, cap: number) => {
  const addOne = (row: BeatMinute): void => {
    const { workspaceId, minute } = row;
    if (disk.workspaces.get(workspaceId)?.removedAt !== null) return;
    const own: OwnBeats = disk.beats.get(workspaceId) ?? { first: minute, rows: new Map() };
    if (!disk.beats.has(workspaceId)) put(undoable, disk.beats, workspaceId, own);
    const key = `${minute} ${row.incarnation}`;
    const earlier = own.rows.get(key);
    put(undoable, own.rows, key, earlier === undefined ? { ...row } : joined(earlier, row));
    if (minute - own.first >= cap || minute < own.first) makeRoom(workspaceId, own, minute);
  };

  /** A hundredth of the cap at once, as the real store does. */
  const makeRoom = (workspaceId: string, own: OwnBeats, minute: number): void => {
    const first = Math.min(minute, Math.max(own.first, minute - cap + 1 + Math.floor(cap / 100)));
    const rows = new Map([...own.rows].filter(([, row]) => row.minute >= first));
    put(undoable, disk.beats, workspaceId, { first, rows });
  };

  return {
    add(rows: readonly BeatMinute[]): void {
      if (cap > 0) for (const row of rows) addOne(row);
    },

    read(workspaceId: string, { since, gapsFromMs }: { since: EpochMs; gapsFromMs: number }): BeatHistory {
      const all = disk.beats.get(workspaceId)?.rows.values() ?? [];
      const rows = [...all].filter(({ minute }) => minute * MINUTE >= since).toSorted(byMinute);
      return {
        minutes: new Set(rows.map(({ minute }) => minute)).size,
        beats: rows.reduce((sum, { beats }) => sum + beats, 0),
        firstAt: rows[0] === undefined ? null : rows[0].minute * MINUTE,
        lastAt: rows.length === 0 ? null : Math.max(...rows.map(({ lastBeatAt }) => Math.round(lastBeatAt))),
        longestGapMs: Math.max(0, ...rows.map(({ longestGapMs }) => longestGapMs)),
        gaps: rows
          .filter(({ longestGapMs }) => longestGapMs >= gapsFromMs)
          .map(({ gapEndedAt, longestGapMs }) => ({
            endedAt: Math.round(gapEndedAt),
            lengthMs: longestGapMs,
          })),
      };
    },
  };
};

/** Two parts of one minute: the longest gap stays, with its moment. */
const joined = (a: BeatMinute, b: BeatMinute): BeatMinute => {
  const { longestGapMs, gapEndedAt } = b.longestGapMs > a.longestGapMs ? b : a;
  const lastBeatAt = Math.max(a.lastBeatAt, b.lastBeatAt);
  return { ...a, beats: a.beats + b.beats, lastBeatAt, longestGapMs, gapEndedAt };
};

const byMinute = (a: BeatMinute, b: BeatMinute): number =>
  a.minute - b.minute || a.incarnation - b.incarnation;
