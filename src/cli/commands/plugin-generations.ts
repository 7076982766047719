import type { Command } from 'commander';
import { workspacePath } from '../client.ts';
import { humanMoment } from '../humanise.ts';
import { printable } from '../output.ts';
import { action, type Session } from '../session.ts';
import { changeAndWait } from './change-and-wait.ts';
import { type WaitOptions, withWait } from './wait-options.ts';

type Locked = { name: string; source: string; revision: string | null; tree_hash: string };
type Lock = { generation: number; plugins: Locked[] };
type History = {
  items: {
    generation: number;
    built_at: string | null;
    restored_from: number | null;
    in_force: boolean;
    good: boolean;
    changed: string[];
    plugins: Locked[];
  }[];
};

/** What a workspace has and had, and the way back. */
export const pluginGenerationCommands = (plugins: Command): void => {
  plugins
    .command('lock')
    .summary('exactly what is installed: commit and hash of every plugin')
    .argument('<workspace>', 'name or id')
    .action(action((session, { args: [key = ''] }) => showLock(session, key)));
  plugins
    .command('history')
    .summary('the plugin generations that can be rolled back to')
    .argument('<workspace>', 'name or id')
    .action(action((session, { args: [key = ''] }) => showHistory(session, key)));
  withWait(
    plugins
      .command('rollback')
      .summary('put an earlier plugin generation in force; what that takes away is held back')
      .argument('<workspace>', 'name or id')
      .argument('[generation]', 'its number (default: the one before; 0 holds no plugins)'),
  ).action(
    action((session, { args: [key = '', generation], options }) => {
      const body = generation === undefined ? {} : { to: Number(generation) };
      const change = () => session.client.send('POST', workspacePath(key, 'plugins', 'rollback'), { body });
      return changeAndWait(session, key, change, 'rolling back', options as WaitOptions);
    }),
  );
};

const showLock = async ({ client, out }: Session, key: string): Promise<void> => {
  const lock = await client.get<Lock>(workspacePath(key, 'plugins', 'lock'));
  out.document(lock);
  if (lock.plugins.length === 0) return out.line('No plugins are installed.');
  out.table(
    [{ title: 'NAME' }, { title: 'REVISION' }, { title: 'TREE HASH' }, { title: 'SOURCE', flexible: true }],
    lock.plugins.map(({ name, source, revision, tree_hash: hash }) => [
      name,
      revision ?? '–',
      hash.slice(0, 12),
      source,
    ]),
  );
};

const showHistory = async ({ client, out }: Session, key: string): Promise<void> => {
  const history = await client.get<History>(workspacePath(key, 'plugins', 'history'));
  out.document(history);
  if (history.items.length === 0) return out.line('It has had no plugins yet.');
  const now = Date.now();
  out.table(
    [
      { title: 'SET' },
      { title: 'BUILT' },
      { title: 'STATE' },
      { title: 'CHANGED' },
      { title: 'PLUGINS', flexible: true },
    ],
    history.items.map((one) => [
      String(one.generation),
      one.built_at === null ? '–' : humanMoment(one.built_at, now),
      [one.in_force ? 'in force' : '', one.good ? 'good' : ''].filter(Boolean).join(', ') || '–',
      one.restored_from === null ? one.changed.join(', ') || '–' : `back to ${one.restored_from}`,
      printable(one.plugins.map(({ name }) => name).join(', ') || 'none'),
    ]),
  );
};
