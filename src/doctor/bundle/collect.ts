import { existsSync } from 'node:fs';
import { arch, cpus, freemem, release, totalmem, uptime } from 'node:os';
import { join } from 'node:path';
import { platform } from 'node:process';
import { readLog } from '../../runtimes/read-log.ts';
import { createPresences } from '../../store/presences.ts';
import { examine } from '../examine.ts';
import type { Installation } from '../installation.ts';
import { knownWorkspaces } from '../known-workspaces.ts';
import { describeDatabase } from './describe-database.ts';
import { describeWorkspace } from './describe-workspace.ts';
import { knownSecrets } from './known-secrets.ts';
import { createRedactor } from './redactor.ts';

const JOURNAL_ROWS = 1_000;
const LOG_LINES = 200;
/** The logs of so many are in it, those in trouble first. */
const LOGS = 200;

/** What a supervisor that runs says of itself; each gives its answer, or rejects with the reason why not. */
export type Asked = Record<
  'health.json' | 'supervisor.json' | 'workspaces-live.json' | 'metrics.txt',
  () => Promise<unknown>
>;

/** Everything that helps somebody elsewhere to understand an installation, by file name, without a secret. */
export const collect = async (
  installation: Installation,
  { version, ask }: { version: string; ask: Asked | null },
): Promise<Map<string, string>> => {
  const { config, configError, database, folders, nodeVersion, now } = installation;
  const secrets = knownSecrets(installation);
  const redact = createRedactor(secrets.values);
  const files = new Map<string, string>();
  const add = (name: string, value: unknown): void => {
    const isText = typeof value === 'string';
    files.set(name, isText ? redact.text(value) : `${JSON.stringify(redact.value(value), null, 2)}\n`);
  };

  add('about.txt', aboutOf(secrets.complete));
  add('version.json', {
    keepwell: version,
    node: nodeVersion,
    platform,
    arch: arch(),
    release: release(),
    cpus: cpus().length,
    memoryBytes: { total: totalmem(), free: freemem() },
    upSeconds: uptime(),
    now: new Date(now()).toISOString(),
    running: installation.running,
  });
  add('config.json', { settings: config.shown, problems: configError?.details ?? [] });
  add(
    'doctor.json',
    (await examine(installation)).map(({ fix, ...finding }) => ({ ...finding, fix: fix?.says ?? null })),
  );
  for (const [name, answer] of Object.entries(ask ?? {})) {
    add(name, await answer().catch((error: unknown) => ({ notAnswered: (error as Error).message })));
  }
  if (database === null) return files;
  add('database.json', describeDatabase(database, folders.database));
  const rows = database.prepare('SELECT * FROM journal ORDER BY seq DESC LIMIT ?').all(JOURNAL_ROWS);
  add('journal.json', rows.toReversed());
  const leases = createPresences(database).all();
  const described = (knownWorkspaces(installation) ?? []).map((one) =>
    describeWorkspace(one, leases.get(one.id)?.leaseExpiresAt ?? null, now()),
  );
  add('workspaces.json', described);
  if (!secrets.complete) return files;
  const calm = ({ state }: (typeof described)[number]) => Number(state?.context.status === 'online');
  for (const { id } of described.toSorted((a, b) => calm(a) - calm(b)).slice(0, LOGS)) {
    const logs = join(folders.root, 'workspaces', id, 'logs');
    if (existsSync(logs)) add(`logs/${id}.log`, await tailOf(logs));
  }
  return files;
};

const tailOf = async (logs: string): Promise<string> => {
  const lines: string[] = [];
  for await (const line of readLog(logs, { tail: LOG_LINES, follow: false })) lines.push(line);
  return `${lines.join('\n')}\n`;
};

const aboutOf = (complete: boolean): string =>
  `What somebody needs to understand a Keepwell from elsewhere; made by \`keepwell debug bundle\`.

Taken out: tokens, keys, values of secrets and of env, addresses with a password or a query, arguments of commands, what
plugins are configured with, and what looks like a secret. Names of workspaces, hosts and folders are in it, and the last
lines that agents printed: read logs/ before you hand it on.
${complete ? '' : '\nLogs are left out: not all secrets of this installation can be opened here, so they cannot be looked for.\n'}`;
