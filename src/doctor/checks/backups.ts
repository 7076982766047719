import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ENDING } from '../../backup/manifest.ts';
import { verifyBackup } from '../../backup/restore-backup.ts';
import { type Check, fine, problem, warning } from '../check.ts';

const DAY_MS = 86_400_000;

export const backups: Check = {
  id: 'backups',
  async look({ folders, now, backupDays }) {
    if (!existsSync(folders.database)) return [];
    const folder = join(folders.root, 'backups');
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(ENDING));
    const files = await Promise.all(
      names.map(async (name) => ({ name, madeAt: (await stat(join(folder, name))).mtimeMs })),
    );
    const last = files.toSorted((a, b) => b.madeAt - a.madeAt)[0];
    const hint =
      '`keepwell backup create --passphrase-file <file>` makes one; let a timer do it, and keep a copy on another machine.';
    if (last === undefined) return [warning('There is no backup in backups/.', hint)];
    try {
      await verifyBackup(join(folder, last.name), null);
    } catch (error) {
      return [problem(`The last backup, ${last.name}, is of no use: ${(error as Error).message}`, hint)];
    }
    const days = Math.floor((now() - last.madeAt) / DAY_MS);
    if (days >= backupDays) return [warning(`The last backup, ${last.name}, is ${days} days old.`, hint)];
    return [fine(`The last backup, ${last.name}, is whole.`)];
  },
};
