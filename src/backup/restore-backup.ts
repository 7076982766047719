import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { KeepwellError } from '../errors.ts';
import { type LostSecret, lostSecrets } from './lost-secrets.ts';
import { DATABASE, type Manifest, SEALED } from './manifest.ts';
import { readBackup } from './read-backup.ts';
import { unseal } from './seal.ts';
import { syncAll, syncPath } from './sync.ts';

export type Restored = Manifest & { keysRestored: boolean; lostSecrets: LostSecret[] };

export type Passphrase = { text: string } | 'leave' | null;

/** Of these only the keys may come out of a backup. */
const KEY_FILES = new Set(['secret-key', 'admin-token', 'keepwell.yaml']);

/**
 * Checks a backup and puts it into a data folder that is empty or not there. It is unpacked within the folder, which may
 * be a mount point, and moved to its place once it is whole; the database last, so that without it nothing is there.
 *
 * @param passphrase opens the keys; `leave` restores without them: secrets have to be set anew, and a new
 * administrator's token is made; null is enough for a backup that has none
 * @param givenKey the key of the secrets that the configuration gives, if it does
 * @returns what the backup says of itself, and the secrets that no key here opens; all of it is on the disk then
 * @throws {KeepwellError} `BACKUP_FOLDER_NOT_EMPTY`, `BACKUP_PASSPHRASE_NEEDED`, `BACKUP_PASSPHRASE_WRONG`, and as
 * `readBackup`; nothing was changed
 */
export const restoreBackup = async (
  file: string,
  root: string,
  passphrase: Passphrase,
  givenKey: string | null = null,
): Promise<Restored> => {
  if (existsSync(root) && readdirSync(root).length > 0) {
    throw new KeepwellError('BACKUP_FOLDER_NOT_EMPTY', { message: `${root} is not empty.` });
  }
  const wasThere = existsSync(root);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const draft = await mkdtemp(join(root, '.restoring-'));
  try {
    const manifest = await readBackup(file, draft);
    const keysRestored = takeKeys(draft, passphrase);
    const keys = { file: join(draft, 'secret-key'), given: givenKey };
    const lost = lostSecrets(join(draft, DATABASE), keys);
    // First the contents, then the names: what has its name is whole, whenever the power goes.
    await syncAll(draft);
    const names = await readdir(draft);
    for (const name of [...names.filter((each) => each !== DATABASE), DATABASE]) {
      await rename(join(draft, name), join(root, name));
    }
    await rmdir(draft);
    await syncPath(root);
    await syncPath(dirname(root));
    return { ...manifest, keysRestored, lostSecrets: lost };
  } catch (error) {
    await rm(wasThere ? draft : root, { recursive: true, force: true });
    throw error;
  }
};

/**
 * Checks a backup without leaving anything behind; its keys as well, with a passphrase.
 *
 * @param within where it is unpacked meanwhile: by default the system's folder for such things, as a backup may lie
 * where nothing can be written
 * @throws as `restoreBackup`
 */
export const verifyBackup = async (
  file: string,
  passphrase: { text: string } | null,
  within: string = tmpdir(),
): Promise<Manifest> => {
  const bench = await mkdtemp(join(within, 'keepwell-verifying-'));
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
