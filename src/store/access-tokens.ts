import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../machines/time.ts';
import type { AccessTokenRow } from './types.ts';

export type AccessTokens = {
  add(token: AccessTokenRow): void;
  /** Keeps the row, which says who once had access; its name is free again. */
  revoke(id: string, at: EpochMs): void;
  /** Those that are not revoked, the oldest first. */
  living(): AccessTokenRow[];
};

type Row = { id: string; name: string; role: 'viewer' | 'relay'; hash: string; created_at: EpochMs };

/** The tokens of people and relays, by their hash. Those of agents are in `tokens.ts`. */
export const createAccessTokens = (db: Database): AccessTokens => {
  const insert = db.prepare<[string, string, string, string, EpochMs]>(
    'INSERT INTO access_tokens (id, name, role, hash, created_at) VALUES (?, ?, ?, ?, ?)',
  );
  const revoke = db.prepare<[EpochMs, string]>(
    'UPDATE access_tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL',
  );
  const living = db.prepare<[], Row>(`
    SELECT id, name, role, hash, created_at FROM access_tokens
    WHERE revoked_at IS NULL ORDER BY created_at, id`);

  return {
    add: ({ id, name, role, hash, createdAt }) => {
      insert.run(id, name, role, hash, createdAt);
    },
    revoke: (id, at) => {
      revoke.run(at, id);
    },
    living: () => living.all().map(({ created_at: createdAt, ...row }) => ({ ...row, createdAt })),
  };
};
