import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../machines/time.ts';
import type { DriftRow } from './types.ts';

export type Drift = { set(row: DriftRow): void; forget(source: string): void; all(): DriftRow[] };

type Row = { source: string; revision: string | null; tree_hash: string | null; checked_at: EpochMs };

/** What plugin sources were last found to stand for. All of it can be looked up again. */
export const createDrift = (db: Database): Drift => {
  const set = db.prepare<[string, string | null, string | null, EpochMs]>(
    'INSERT OR REPLACE INTO drift (source, revision, tree_hash, checked_at) VALUES (?, ?, ?, ?)',
  );
  const forget = db.prepare<[string]>('DELETE FROM drift WHERE source = ?');
  const all = db.prepare<[], Row>('SELECT * FROM drift ORDER BY source');

  return {
    set: ({ source, revision, treeHash, checkedAt }) => {
      set.run(source, revision, treeHash, checkedAt);
    },
    forget: (source) => {
      forget.run(source);
    },
    all: () =>
      all.all().map((row) => ({
        source: row.source,
        revision: row.revision,
        treeHash: row.tree_hash,
        checkedAt: row.checked_at,
      })),
  };
};
