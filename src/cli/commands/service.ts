import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { argv, execPath } from 'node:process';
import type { Command } from 'commander';
import { userConfigFolder } from '../../config.ts';
import { CliError, usageError } from '../cli-error.ts';
import { MARK, unitOf } from '../service/unit.ts';
import { action, type Session } from '../session.ts';

type Given = { user?: true; runAs?: string; write: string[]; print?: true; force?: true };

const NAME = 'keepwell.service';
const SYSTEM_UNITS = '/etc/systemd/system';

export const serviceCommand = (program: Command): Command => {
  const service = program.command('service').summary('let systemd run the supervisor');
  service
    .command('install')
    .summary('write a unit for systemd, and say what to do with it')
    .option('--user', 'for you alone; otherwise for the machine, which takes root')
    .option('--run-as <user>', 'whom it runs as (default: to whom the data folder belongs)')
    .option('--write <folder>', 'a folder beside the data folder that agents may write to', addTo, [])
    .option('--print', 'only print it')
    .option('--force', 'replace a unit that is there and says something else')
    .action(action((session, { options }) => install(session, options as Given)));
  service
    .command('uninstall')
    .summary('take the unit away; data and agents stay')
    .option('--user', 'the one that is for you alone')
    .action(action((session, { options }) => uninstall(session, options as Given)));
  return service;
};

const addTo = (folder: string, others: string[]): string[] => [...others, resolve(folder)];

const install = async ({ out, config }: Session, given: Given): Promise<void> => {
  const isUser = given.user === true;
  if (isUser && given.runAs !== undefined)
    throw usageError('--user runs it as you.', 'Leave out --run-as, or --user.');
  const data = resolve(config.data);
  const account = isUser ? null : accountOf(given.runAs, data);
  const unit = unitOf({
    // What runs right now, behind the links of npm.
    command: [execPath, realpathSync(argv[1] as string), 'up', '--data', data],
    data,
    nodeFolder: dirname(execPath),
    runAs: account?.name ?? null,
    writable: given.write,
  });
  if (given.print === true) {
    out.document({ unit });
    if (!out.json) out.raw(unit);
    return;
  }
  const file = join(folderOf(isUser), NAME);
  if (existsSync(file) && readFileSync(file, 'utf8') !== unit && given.force !== true) {
    throw new CliError(`${file} is there and says something else.`, {
      code: 'UNIT_EXISTS',
      hint: '--force replaces it; `keepwell service install --print` shows what would be written.',
    });
  }
  write(file, unit);
  makeData(data, account);
  const next = [...(isUser ? ['loginctl enable-linger'] : []), ...startOf(isUser)];
  out.document({ file, next });
  out.line(`${file} is written. Next:`);
  for (const command of next) out.line(`  ${command}`);
  out.line(`Variables such as KEEPWELL_SECRET_KEY belong into ${join(data, 'keepwell.env')}, mode 600.`);
};

const uninstall = async ({ out }: Session, given: Given): Promise<void> => {
  const isUser = given.user === true;
  const folder = folderOf(isUser);
  const file = join(folder, NAME);
  if (!existsSync(file)) {
    throw new CliError(`There is no ${file}.`, {
      code: 'UNIT_NOT_FOUND',
      hint: isUser
        ? 'Without --user it is that of the machine.'
        : '--user is for the one that is for you alone.',
    });
  }
  if (!readFileSync(file, 'utf8').startsWith(MARK)) {
    throw new CliError(`${file} was not written by Keepwell.`, {
      code: 'UNIT_EXISTS',
      hint: 'Remove it yourself if you wrote it.',
    });
  }
  const wanted = join(folder, `${isUser ? 'default' : 'multi-user'}.target.wants`, NAME);
  change(file, () => {
    rmSync(wanted, { force: true });
    rmSync(file);
  });
  const next = [`${systemctl(isUser)} stop keepwell`, `${systemctl(isUser)} daemon-reload`];
  out.document({ file, next });
  out.line(`${file} is gone; data and agents stay as they are. Next:`);
  for (const command of next) out.line(`  ${command}`);
};

const folderOf = (isUser: boolean): string =>
  isUser ? join(userConfigFolder(), 'systemd', 'user') : SYSTEM_UNITS;

const systemctl = (isUser: boolean): string => (isUser ? 'systemctl --user' : 'systemctl');

const startOf = (isUser: boolean): string[] => [
  `${systemctl(isUser)} daemon-reload`,
  `${systemctl(isUser)} enable --now keepwell`,
  `journalctl ${isUser ? '--user ' : ''}-u keepwell -f`,
];

type Account = { name: string; uid: number; gid: number };

/** Agents run as the same user, so it has to be named, and is never root by accident. */
const accountOf = (name: string | undefined, data: string): Account => {
  const owner = statSync(data, { throwIfNoEntry: false })?.uid ?? 0;
  const wanted = name ?? (owner === 0 ? null : String(owner));
  if (wanted === null) {
    throw usageError(
      'It is not said whom the service runs as.',
      'Agents run as the same user: useradd --system --create-home keepwell, then --run-as keepwell.',
    );
  }
  try {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number(execFileSync('id', [flag, '--', wanted], { encoding: 'utf8', stdio: 'pipe' })),
    ) as [number, number];
    return { name: wanted, uid, gid };
  } catch {
    throw usageError(`There is no user ${wanted}.`, `useradd --system --create-home ${wanted} makes one.`);
  }
};

const write = (file: string, unit: string): void =>
  change(file, () => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, unit, { mode: 0o644 });
  });

/** systemd refuses to start what is to write to a folder that is not there. */
const makeData = (data: string, account: Account | null): void => {
  if (existsSync(data)) return;
  mkdirSync(data, { recursive: true, mode: 0o700 });
  if (account !== null) chownSync(data, account.uid, account.gid);
};

const change = (file: string, work: () => void): void => {
  try {
    work();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error;
    throw new CliError(`${file} cannot be changed: ${message}`, {
      code: 'NOT_PERMITTED',
      hint: 'A service of the machine takes root: sudo; --user is for you alone.',
    });
  }
};
