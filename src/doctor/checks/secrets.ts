import { existsSync } from 'node:fs';
import { openVault, unreadableSecrets } from '../../secrets/vault.ts';
import { createSecrets } from '../../store/secrets.ts';
import { type Check, fine, problem, warning } from '../check.ts';

export const secrets: Check = {
  id: 'secrets',
  async look({ database, folders, config, running }) {
    if (database === null) return [];
    const rows = createSecrets(database).all();
    if (rows.length === 0) return [];
    const vault = openVault({ file: folders.secretKey, given: config.secretKey });
    const lost = unreadableSecrets(vault, rows);
    if (lost.length === 0) return [fine(`Every secret opens with the key that is here (${rows.length}).`)];
    const nameOf = database
      .prepare<[string], string>('SELECT name FROM workspaces WHERE workspace_id = ?')
      .pluck();
    const names = lost.map(({ name, workspaceId: id }) =>
      id === null ? name : `${name} (of ${nameOf.get(id) ?? id})`,
    );
    const told = `${lost.length} of ${rows.length} secrets do not open with the key that is here: ${names.join(', ')}.`;
    // A supervisor may have been given one where this process was not.
    if (running !== null && config.secretKey === null && !existsSync(folders.secretKey)) {
      return [
        warning(told, 'Run this with the KEEPWELL_SECRET_KEY of the supervisor that runs, to be sure.'),
      ];
    }
    return [
      problem(
        told,
        'Put the key back with which they were sealed (<data>/secret-key, KEEPWELL_SECRET_KEY), or set them anew with `keepwell secrets set`.',
      ),
    ];
  },
};
