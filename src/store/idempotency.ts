import type { Database } from 'better-sqlite3';
import { type DurationMs, type EpochMs, MINUTE } from '../../machines/time.ts';
import { readJson } from './json.ts';
import type { Json } from './types.ts';

/** How long an answer is kept for a repeated request. */
const KEPT_FOR: DurationMs = 24 * 60 * MINUTE;

export type IdempotencyKeys = {
  /** Fails when the key is in use. Drops those that are a day old. */
  add(row: { key: string; digest: string; response: string }): void;
  find(key: string): { digest: string; response: Json } | null;
};

export const createIdempotencyKeys = (db: Database, now: () => EpochMs): IdempotencyKeys => {
  const insert = db.prepare<[string, string, string, EpochMs]>(
    'INSERT INTO idempotency (key, digest, response, created_at) VALUES (?, ?, ?, ?)',
  );
  const forget = db.prepare<[EpochMs]>('DELETE FROM idempotency WHERE created_at <= ?');
  const find = db.prepare<[string, EpochMs], { digest: string; response: string }>(
    'SELECT digest, response FROM idempotency WHERE key = ? AND created_at > ?',
  );

  return {
    add: ({ key, digest, response }) => {
      const at = now();
      forget.run(at - KEPT_FOR);
      insert.run(key, digest, response, at);
    },
    find: (key) => {
      const row = find.get(key, now() - KEPT_FOR);
      return row === undefined ? null : { digest: row.digest, response: readJson(row.response, null) };
    },
  };
};
