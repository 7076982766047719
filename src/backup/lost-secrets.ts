import Database from 'better-sqlite3';
import { openVault, unreadableSecrets, type Vault } from '../secrets/vault.ts';
import { createSecrets } from '../store/secrets.ts';

/** A secret that has to be set anew; `workspace` is the name of the one to which it belongs, null for all. */
export type LostSecret = { name: string; workspace: string | null };

/** The secrets of a database that no key here opens. Reads only. */
export const lostSecrets = (database: string, keys: { file: string; given: string | null }): LostSecret[] => {
  const db = new Database(database, { readonly: true, fileMustExist: true });
  try {
    const names = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck();
    // The first schema knew none.
    if (!names.all().includes('secrets')) return [];
    const nameOf = db.prepare<[string], string>('SELECT name FROM workspaces WHERE workspace_id = ?').pluck();
    const rows = createSecrets(db).all();
    if (rows.length === 0) return [];
    const vault = openIfAny(keys);
    const lost = vault === null ? rows : unreadableSecrets(vault, rows);
    return lost.map(({ name, workspaceId }) => ({
      name,
      workspace: workspaceId === null ? null : (nameOf.get(workspaceId) ?? workspaceId),
    }));
  } finally {
    db.close();
  }
};

/** A key that is none opens nothing; the start says so again. */
const openIfAny = (keys: { file: string; given: string | null }): Vault | null => {
  try {
    return openVault(keys);
  } catch {
    return null;
  }
};
