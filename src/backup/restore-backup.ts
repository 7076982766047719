import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KeepwellError } from '../errors.ts';
import { DATABASE, type Manifest, SEALED } from './manifest.ts';
import { readBackup } from './read-backup.ts';
import { unseal } from './seal.ts';

export type Passphrase = { text: string } | 'leave' | null;

/** Of these only the keys may come out of a backup. */
const KEY_FILES = new Set(['secret-key', 'admin-token', 'keepwell.yaml']);

/**
 * Checks a backup and puts it into a data folder that is empty or not there. It is unpacked within the folder, which may
 * be a mount point, and moved to its place once it is whole; the database last, so that without it nothing is there.
 *
 * @param passphrase opens the keys; `leave` restores without them: secrets have to be set anew, and a new
 * administrator's token is made; null is enough for a backup that has none
 * @throws {KeepwellError} `BACKUP_FOLDER_NOT_EMPTY`, `BACKUP_PASSPHRASE_NEEDED`, `BACKUP_PASSPHRASE_WRONG`, and as
 * `readBackup`; nothing was changed
 */
export const restoreBackup = async (
  file: string,
  root: string,
  passphrase: Passphrase,
): Promise<Manifest & { keysRestored: boolean }> => {
  if (existsSync(root) && readdirSync(root).length > 0) {
    throw new KeepwellError('BACKUP_FOLDER_NOT_EMPTY', { message: `${root} is not empty.` });
  }
  const wasThere = existsSync(root);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const draft = await mkdtemp(join(root, '.restoring-'));
  try {
    const manifest = await readBackup(file, draft);
    const keysRestored = takeKeys(draft, passphrase);
    const names = await readdir(draft);
    for (const name of [...names.filter((each) => each !== DATABASE), DATABASE]) {
      await rename(join(draft, name), join(root, name));
    }
    await rmdir(draft);
    return { ...manifest, keysRestored };
  } catch (error) {
    await rm(wasThere ? draft : root, { recursive: true, force: true });
    throw error;
  }
};

/** Checks a backup without leaving anything behind; its keys as well, with a passphrase. @throws as `restoreBackup` */
export const verifyBackup = async (file: string, passphrase: { text: string } | null): Promise<Manifest> => {
  const bench = await mkdtemp(`${file}.verifying-`);
  try {
    const manifest = await readBackup(file, bench);
    takeKeys(bench, passphrase ?? 'leave');
    return manifest;
  } finally {
    await rm(bench, { recursive: true, force: true });
  }
};

const takeKeys = (folder: string, passphrase: Passphrase): boolean => {
  const sealed = join(folder, SEALED);
  if (!existsSync(sealed)) return false;
  if (passphrase === null) throw new KeepwellError('BACKUP_PASSPHRASE_NEEDED');
  if (passphrase !== 'leave') {
    const opened = unseal(passphrase.text, readFileSync(sealed, 'utf8')).toString('utf8');
    for (const [name, content] of Object.entries(JSON.parse(opened) as Record<string, string>)) {
      if (!KEY_FILES.has(name)) continue;
      writeFileSync(join(folder, name), Buffer.from(content, 'base64'), { mode: 0o600 });
    }
  }
  rmSync(sealed);
  return passphrase !== 'leave';
};
