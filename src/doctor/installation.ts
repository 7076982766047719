import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Config, inheritedEnvironment, loadConfig } from '../config.ts';
import { KeepwellError } from '../errors.ts';
import { type DataFolders, dataFolders } from '../folders.ts';
import { readLockHolder } from '../store/data-lock.ts';
import { APPLICATION_ID } from '../store/migrate.ts';
import { MIGRATIONS } from '../store/migrations.ts';

/** The supervisor that works on a data folder. `url` is null where it does not say where it is. */
export type Running = { pid: number | null; url: string | null };

/** What checks look at. Opened for reading only; nothing in it changes. */
export type Installation = {
  folders: DataFolders;
  /** What is configured, or the defaults where that is wrong; then `configError` says how. */
  config: Config;
  configError: KeepwellError | null;
  running: Running | null;
  /** The database when it is one of this version and may be read; null otherwise, and a check says why. */
  database: Database.Database | null;
  /** Whether this process is the user to whom the data folder belongs. */
  isOurs: boolean;
  nodeVersion: string;
  /** In which programs such as git are looked for. */
  env: Record<string, string>;
  now: () => number;
  /** A backup may be so many days old. */
  backupDays: number;
};

export type InstallationOptions = Partial<Pick<Installation, 'nodeVersion' | 'now' | 'backupDays'>> & {
  data: string;
  /** What configures it besides its file. Default: the environment of this process. */
  env?: Readonly<Record<string, string | undefined>>;
};

/** Looks where an installation is and whether it runs. Never throws for what is wrong with it. */
export const openInstallation = (options: InstallationOptions): Installation & { close(): void } => {
  const { data, env, nodeVersion = process.versions.node, now = Date.now, backupDays = 7 } = options;
  const folders = dataFolders(data);
  const { config, configError } = readConfig(data, env);
  const isOurs = belongsToUs(folders.root);
  const running = findRunning(folders);
  // Reading a database nobody has open leaves files beside it: those of another user would be in its owner's way.
  const database = isOurs || running !== null ? openPresent(folders.database) : null;
  return {
    folders,
    config,
    configError,
    running,
    database,
    isOurs,
    nodeVersion,
    env: inheritedEnvironment(config.agentPath, env),
    now,
    backupDays,
    close: () => void database?.close(),
  };
};

const readConfig = (
  data: string,
  env: InstallationOptions['env'],
): Pick<Installation, 'config' | 'configError'> => {
  const flags = { data };
  try {
    return { config: loadConfig({ flags, ...(env === undefined ? {} : { env }) }), configError: null };
  } catch (error) {
    if (!(error instanceof KeepwellError)) throw error;
    const path = env === undefined ? inheritedEnvironment(null) : env;
    const defaults = loadConfig({ flags, env: path.PATH ? { PATH: path.PATH } : {}, readFile: () => null });
    return { config: defaults, configError: error };
  }
};

const belongsToUs = (root: string): boolean => {
  const found = statSync(root, { throwIfNoEntry: false });
  return found === undefined || process.geteuid === undefined || found.uid === process.geteuid();
};

const findRunning = ({ root, lock }: DataFolders): Running | null => {
  const holder = readLockHolder(lock);
  return holder === null ? null : { ...holder, url: urlOf(join(root, 'server.json')) };
};

const urlOf = (file: string): string | null => {
  try {
    const { url } = JSON.parse(readFileSync(file, 'utf8')) as { url?: unknown };
    return typeof url === 'string' ? url : null;
  } catch {
    return null;
  }
};

const openPresent = (file: string): Database.Database | null => {
  if (!existsSync(file) || !statSync(file).isFile() || statSync(file).size === 0) return null;
  let db: Database.Database | null = null;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true });
    const isPresent =
      db.pragma('application_id', { simple: true }) === APPLICATION_ID &&
      db.pragma('user_version', { simple: true }) === MIGRATIONS.length;
    if (isPresent) return db;
  } catch {
    // The check of the database says what is wrong with it.
  }
  db?.close();
  return null;
};
