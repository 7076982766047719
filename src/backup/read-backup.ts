import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import Database from 'better-sqlite3';
import { extract } from 'tar-stream';
import { placeText } from '../audit/chain.ts';
import { verifyAudit } from '../audit/read-chain.ts';
import { KeepwellError } from '../errors.ts';
import { MIGRATIONS } from '../store/migrations.ts';
import { journalHash } from './journal-hash.ts';
import { DATABASE, FORMAT, faultOfManifest, MANIFEST, type Manifest } from './manifest.ts';

const LARGEST_MANIFEST = 64 * 2 ** 20;

/** No path of ours leads up or begins at the root. */
const PATH = /^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\0]+$/;

/**
 * Unpacks a backup into an empty folder and checks all of it: every file against its hash, the database as a whole,
 * the journal against what it was when the backup was made.
 *
 * @throws {KeepwellError} `BACKUP_DAMAGED` saying what is wrong; `BACKUP_FROM_FUTURE` before anything is unpacked
 */
export const readBackup = async (file: string, into: string): Promise<Manifest> => {
  let manifest: Manifest | null = null;
  const seen = new Map<string, string>();
  const tar = extract();
  const unpacked = pipeline(createReadStream(file), createGunzip({ rejectGarbageAfterEnd: true }), tar);
  const take = async (): Promise<void> => {
    for await (const entry of tar) {
      const { name, type, mode } = entry.header;
      if (manifest === null) {
        manifest = await readManifest(name, entry);
        continue;
      }
      if (type !== 'file' || !PATH.test(name))
        throw damaged(`it holds ${name}, which is no file of a backup`);
      const to = join(into, name);
      await mkdir(dirname(to), { recursive: true, mode: 0o700 });
      const hash = createHash('sha256');
      const hashing = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          hash.update(chunk);
          done(null, chunk);
        },
      });
      await pipeline(entry, hashing, createWriteStream(to, { flags: 'wx', mode: mode ?? 0o600 }));
      seen.set(name, hash.digest('hex'));
    }
  };
  try {
    await Promise.all([unpacked, take()]);
  } catch (error) {
    tar.destroy();
    await unpacked.catch(() => undefined);
    if (error instanceof KeepwellError) throw error;
    throw damaged(`it cannot be read to its end (${(error as Error).message})`);
  }
  if (manifest === null) throw damaged('it is empty');
  compare(manifest, seen);
  checkDatabase(join(into, DATABASE), manifest);
  return manifest;
};

/** What a backup says of itself, without a look at the rest. @throws as `readBackup` */
export const readManifestOf = async (file: string): Promise<Manifest> => {
  const tar = extract();
  const unpacked = pipeline(createReadStream(file), createGunzip(), tar);
  unpacked.catch(() => undefined);
  try {
    for await (const entry of tar) return await readManifest(entry.header.name, entry);
  } catch (error) {
    if (error instanceof KeepwellError) throw error;
    throw damaged(`it cannot be read (${(error as Error).message})`);
  } finally {
    tar.destroy();
  }
  throw damaged('it is empty');
};

const readManifest = async (name: string, entry: AsyncIterable<unknown>): Promise<Manifest> => {
  if (name !== MANIFEST) throw damaged('it does not begin with a manifest');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of entry) {
    bytes += (chunk as Buffer).length;
    if (bytes > LARGEST_MANIFEST) throw damaged('its manifest is too long');
    chunks.push(chunk as Buffer);
  }
  const manifest = parse(Buffer.concat(chunks).toString('utf8'));
  // A later format may say all but this in another way.
  const { format, schema, keepwell } = manifest as Partial<Manifest>;
  if (Number(format) > FORMAT || Number(schema) > MIGRATIONS.length) {
    throw new KeepwellError('BACKUP_FROM_FUTURE', {
      message: `The backup was written by Keepwell ${keepwell}, with format ${format} and schema ${schema}; this one knows format ${FORMAT} and schemas up to ${MIGRATIONS.length}.`,
      details: { format, schema, knownFormat: FORMAT, knownSchema: MIGRATIONS.length },
    });
  }
  const fault = faultOfManifest(manifest);
  if (fault !== null) throw damaged(`its manifest makes no sense: ${fault}`);
  return manifest as Manifest;
};

const parse = (text: string): object => {
  let parsed: unknown = null;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Said below, the same as of JSON that is no object.
  }
  if (typeof parsed === 'object' && parsed !== null) return parsed;
  throw damaged('its manifest is not a JSON object');
};

const compare = ({ files }: Manifest, seen: ReadonlyMap<string, string>): void => {
  for (const { path, sha256 } of files) {
    const found = seen.get(path);
    if (found === undefined) throw damaged(`${path} is missing`);
    if (found !== sha256) throw damaged(`${path} is not what it was`);
  }
  const named = new Set(files.map(({ path }) => path));
  for (const path of seen.keys()) if (!named.has(path)) throw damaged(`${path} is not in its manifest`);
};

const checkDatabase = (file: string, { schema, journal, audit }: Manifest): void => {
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    const findings = db.pragma('integrity_check(5)', { simple: true });
    if (findings !== 'ok') throw damaged(`its database is damaged: ${String(findings)}`);
    if (db.pragma('user_version', { simple: true }) !== schema)
      throw damaged('its database has another schema');
    if (journalHash(db).sha256 !== journal.sha256) throw damaged('its journal is not what it was');
    const head = verifyAudit(db)?.head;
    if (audit !== undefined && (head === undefined || placeText(head) !== placeText(audit.head)))
      throw damaged('its audit is not what it was');
  } finally {
    db.close();
  }
};

const damaged = (problem: string): KeepwellError =>
  new KeepwellError('BACKUP_DAMAGED', {
    message: `The backup is not whole: ${problem}.`,
    details: { problem },
  });
