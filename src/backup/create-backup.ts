import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import Database from 'better-sqlite3';
import { pack } from 'tar-stream';
import { verifyAudit } from '../audit/read-chain.ts';
import { KeepwellError } from '../errors.ts';
import type { DataFolders } from '../folders.ts';
import { journalHash } from './journal-hash.ts';
import { DATABASE, FORMAT, MANIFEST, type Manifest, SEALED } from './manifest.ts';
import { placeNew } from './place-new.ts';
import { verifyBackup } from './restore-backup.ts';
import { seal } from './seal.ts';

export type BackupOptions = {
  folders: DataFolders;
  /** Where it is written; whole when it is there. */
  file: string;
  /** Under which the keys are put in; null leaves them out. */
  passphrase: string | null;
  version: string;
  now: () => number;
};

type Source = { path: string; from: string };

/**
 * Writes all that a new box needs into one file, while the supervisor may go on working.
 *
 * The database is copied as it is at one moment; templates, local plugins and the locks of plugins as they lie there.
 *
 * @throws {KeepwellError} `BACKUP_NOTHING_THERE`, `BACKUP_EXISTS`, `BACKUP_DAMAGED` when the database itself is
 */
export const createBackup = async (options: BackupOptions): Promise<Manifest> => {
  const { folders, file, passphrase } = options;
  if (!existsSync(folders.database)) throw new KeepwellError('BACKUP_NOTHING_THERE');
  if (existsSync(file)) throw new KeepwellError('BACKUP_EXISTS', { message: `${file} is there already.` });
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const bench = await mkdtemp(`${file}.draft-`);
  try {
    const copy = join(bench, DATABASE);
    const { schema, journal, audit } = copyDatabase(folders.database, copy);
    const sources: Source[] = [
      { path: DATABASE, from: copy },
      ...(await filesUnder(folders.root, folders.templates)),
      ...(await filesUnder(folders.root, folders.registry)),
      ...(await pluginLocks(folders)),
    ];
    const keys = keysOf(folders);
    const isWrapped = passphrase !== null && Object.keys(keys).length > 0;
    const sealed = isWrapped ? Buffer.from(seal(passphrase, Buffer.from(JSON.stringify(keys)))) : null;
    const manifest: Manifest = {
      format: FORMAT,
      keepwell: options.version,
      schema,
      createdAt: new Date(options.now()).toISOString(),
      keys: sealed === null ? 'left out' : 'wrapped',
      secretKey: sealed !== null && existsSync(folders.secretKey),
      journal,
      ...(audit === undefined ? {} : { audit }),
      files: await Promise.all(sources.map(describe)),
    };
    if (sealed !== null) manifest.files.push({ path: SEALED, ...describeBytes(sealed) });
    const draft = join(bench, 'whole');
    await write(draft, manifest, sources, sealed);
    // What changed while it was read is found now, and not when it is needed.
    await verifyBackup(draft, null, bench);
    await placeNew(draft, file);
    return manifest;
  } finally {
    await rm(bench, { recursive: true, force: true });
  }
};

const copyDatabase = (from: string, to: string): Pick<Manifest, 'schema' | 'journal' | 'audit'> => {
  const db = new Database(from, { readonly: true, fileMustExist: true });
  try {
    // One snapshot, however much is written meanwhile; copying page by page would begin anew with every write.
    db.prepare('VACUUM INTO ?').run(to);
  } finally {
    db.close();
  }
  const copy = new Database(to);
  try {
    // One file, without a log beside it.
    copy.pragma('journal_mode = DELETE');
    const findings = copy.pragma('integrity_check(5)', { simple: true });
    if (findings !== 'ok') {
      throw new KeepwellError('BACKUP_DAMAGED', { message: `The database is damaged: ${String(findings)}.` });
    }
    const chain = verifyAudit(copy);
    return {
      schema: copy.pragma('user_version', { simple: true }) as number,
      journal: journalHash(copy),
      ...(chain === null ? {} : { audit: { rows: chain.rows, head: chain.head } }),
    };
  } finally {
    copy.close();
  }
};

/** What is nobody else's business: the key of the secrets, the administrator's token, and the settings, which may hold more. */
const keysOf = (folders: DataFolders): Record<string, string> => {
  const found = [folders.secretKey, folders.adminToken, folders.config].filter((path) => existsSync(path));
  return Object.fromEntries(
    found.map((path) => [relative(folders.root, path), readFileSync(path).toString('base64')]),
  );
};

const filesUnder = async (root: string, folder: string): Promise<Source[]> => {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .map((from) => ({ path: relative(root, from).split(sep).join('/'), from }));
};

const pluginLocks = async ({ root }: DataFolders): Promise<Source[]> => {
  const ids = await readdir(join(root, 'workspaces')).catch((): string[] => []);
  const found: Source[] = [];
  for (const id of ids.toSorted()) {
    const sets = join(root, 'workspaces', id, 'configs', '.plugins');
    const names = await readdir(sets).catch((): string[] => []);
    for (const name of names.filter((each) => /^\d+\.json$/.test(each)).toSorted()) {
      found.push({ path: `workspaces/${id}/configs/.plugins/${name}`, from: join(sets, name) });
    }
  }
  return found;
};

const describe = async ({ path, from }: Source): Promise<Manifest['files'][number]> => {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(from)) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { path, bytes, sha256: hash.digest('hex') };
};

const describeBytes = (content: Buffer) => ({
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
});

const write = async (
  file: string,
  manifest: Manifest,
  sources: readonly Source[],
  sealed: Buffer | null,
): Promise<void> => {
  const tar = pack();
  const written = pipeline(tar, createGzip(), createWriteStream(file, { mode: 0o600, flush: true }));
  const fill = async (): Promise<void> => {
    tar.entry({ name: MANIFEST, mode: 0o600 }, `${JSON.stringify(manifest, null, 2)}\n`);
    for (const { path, from } of sources) {
      const { size, mode } = await stat(from);
      await pipeline(createReadStream(from), tar.entry({ name: path, size, mode: mode & 0o777 }));
    }
    if (sealed !== null) tar.entry({ name: SEALED, mode: 0o600 }, sealed);
    tar.finalize();
  };
  await Promise.all([written, fill()]);
};
