import { existsSync, readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { createBackup } from '../../backup/create-backup.ts';
import { ENDING, type Manifest } from '../../backup/manifest.ts';
import { readManifestOf } from '../../backup/read-backup.ts';
import { type Passphrase, restoreBackup, verifyBackup } from '../../backup/restore-backup.ts';
import { loadConfig } from '../../config.ts';
import { quietly } from '../../config-sources.ts';
import { KeepwellError } from '../../errors.ts';
import { dataFolders } from '../../folders.ts';
import { humanMoment } from '../humanise.ts';
import { action, type Session } from '../session.ts';
import { VERSION } from './version.ts';

type Given = { passphraseFile?: string; withoutKeys?: boolean };

/** Works on the data folder itself: nothing has to run, and what runs need not stop. */
export const backupCommand = (program: Command): Command => {
  const backup = program.command('backup').summary('put all that a new box needs into one file');
  const withPassphrase = (command: Command): Command =>
    command.option('--passphrase-file <file>', 'a file with the passphrase of the keys');
  withPassphrase(backup.command('create'))
    .summary('write one, while the supervisor may go on; without a passphrase the keys are left out')
    .argument('[file]', `where (default: <data>/backups/<moment>${ENDING})`)
    .action(action((session, { args, options }) => create(session, args[0], options)));
  withPassphrase(backup.command('verify'))
    .summary('look whether one is whole')
    .argument('<file>')
    .action(action((session, { args: [file = ''], options }) => verify(session, file, options)));
  withPassphrase(backup.command('restore'))
    .summary('make a new data folder of one')
    .argument('<file>')
    .option('--without-keys', 'restore what can be without the passphrase')
    .action(action((session, { args: [file = ''], options }) => restore(session, file, options)));
  backup
    .command('ls')
    .summary('those of this data folder, or of another folder')
    .argument('[folder]')
    .action(action((session, { args: [folder] }) => list(session, folder)));
  return backup;
};

const create = async ({ out, config }: Session, given: string | undefined, options: Given): Promise<void> => {
  const folders = dataFolders(resolve(config.data));
  const now = Date.now();
  const moment = new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const file = resolve(given ?? join(folders.root, 'backups', `${moment}${ENDING}`));
  const passphrase = passphraseOf(options)?.text ?? null;
  const manifest = await createBackup({ folders, file, passphrase, version: VERSION, now: () => now });
  out.document({ file, ...manifest });
  out.line(`${file} (${told(manifest, (await stat(file)).size)})`);
  if (passphrase === null) {
    out.line(
      'The key of the secrets, the administrator’s token and keepwell.yaml are not in it: no passphrase was given.',
    );
  }
};

const verify = async ({ out }: Session, file: string, options: Given): Promise<void> => {
  const manifest = await verifyBackup(found(file), passphraseOf(options));
  out.document({ file, ...manifest });
  out.line(`${file} is whole (${told(manifest, (await stat(file)).size)}).`);
};

const restore = async ({ out, config }: Session, file: string, options: Given): Promise<void> => {
  const root = resolve(config.data);
  const passphrase: Passphrase = options.withoutKeys === true ? 'leave' : passphraseOf(options);
  // What else is wrong with the configuration is said by the start.
  const givenKey = quietly(() => loadConfig({ flags: { data: root } }).secretKey) ?? null;
  const restored = await restoreBackup(found(file), root, passphrase, givenKey);
  out.document({ data: root, ...restored });
  out.line(`${root} is restored: ${restored.journal.rows} rows of journal, as of ${restored.createdAt}.`);
  if (!restored.keysRestored) {
    out.line('It came without keys: a new administrator’s token is made at the start.');
  }
  const { lostSecrets: lost } = restored;
  if (lost.length > 0) {
    const names = lost.map(({ name, workspace }) =>
      workspace === null ? name : `${name} (of ${workspace})`,
    );
    out.line(`${lost.length} secrets do not open with a key that is here: ${names.join(', ')}.`);
    out.line('Give the key with which they were sealed as KEEPWELL_SECRET_KEY, or set them anew.');
  }
};

const list = async ({ out, config }: Session, given: string | undefined): Promise<void> => {
  const folder = resolve(given ?? join(config.data, 'backups'));
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(ENDING)).toSorted();
  const items = await Promise.all(names.map((name) => look(join(folder, name))));
  out.document({ folder, items });
  if (items.length === 0) return out.line(`There are none in ${folder}.`);
  const now = Date.now();
  out.table(
    [{ title: 'FILE' }, { title: 'MADE' }, { title: 'KB' }, { title: 'HOLDS', flexible: true }],
    items.map(({ file, bytes, manifest, problem }) => [
      file.slice(folder.length + 1),
      manifest === null ? '–' : humanMoment(manifest.createdAt, now),
      String(Math.ceil(bytes / 1024)),
      manifest === null ? problem : told(manifest, bytes),
    ]),
  );
};

const look = async (file: string) => {
  const { size: bytes } = await stat(file);
  try {
    return { file, bytes, manifest: await readManifestOf(file), problem: '' };
  } catch (error) {
    return { file, bytes, manifest: null, problem: (error as Error).message };
  }
};

const told = ({ journal, files, keys, keepwell }: Manifest, bytes: number): string =>
  `${Math.ceil(bytes / 1024)} kB, ${files.length} files, ${journal.rows} rows of journal, keys ${keys}, Keepwell ${keepwell}`;

const found = (file: string): string => {
  if (existsSync(file)) return resolve(file);
  throw new KeepwellError('BACKUP_NOT_FOUND', { message: `There is no file ${file}.` });
};

const passphraseOf = ({ passphraseFile }: Given): { text: string } | null => {
  if (passphraseFile === undefined) return null;
  const text = readFileSync(found(passphraseFile), 'utf8').replace(/\r?\n$/, '');
  if (text !== '') return { text };
  throw new KeepwellError('BACKUP_PASSPHRASE_NEEDED', { message: `${passphraseFile} is empty.` });
};
