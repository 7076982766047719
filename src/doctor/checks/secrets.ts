import { openVault, unreadableSecrets } from '../../secrets/vault.ts';
import { createSecrets } from '../../store/secrets.ts';
import { type Check, fine, problem } from '../check.ts';

export const secrets: Check = {
  id: 'secrets',
  async look({ database, folders, config }) {
    if (database === null) return [];
    const rows = createSecrets(database).all();
    if (rows.length === 0) return [];
    const vault = openVault({ file: folders.secretKey, given: config.secretKey });
    const lost = unreadableSecrets(vault, rows);
    if (lost.length === 0) return [fine(`All ${rows.length} secrets open with the key that is here.`)];
    const names = lost.map(({ name, workspaceId }) =>
      workspaceId === null ? name : `${name} (of ${nameOf(workspaceId)})`,
    );
    return [
      problem(
        `${lost.length} of ${rows.length} secrets do not open with the key that is here: ${names.join(', ')}.`,
        'Put the key back with which they were sealed (<data>/secret-key, KEEPWELL_SECRET_KEY), or set them anew with `keepwell secrets set`.',
      ),
    ];

    function nameOf(id: string): string {
      const sql = 'SELECT name FROM workspaces WHERE workspace_id = ?';
      return database?.prepare<[string], string>(sql).pluck().get(id) ?? id;
    }
  },
};
