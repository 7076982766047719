import type { Command } from 'commander';
import { usageError } from '../cli-error.ts';
import { workspacePath } from '../client.ts';
import { count } from '../humanise.ts';
import { printable } from '../output.ts';
import { action, type Session } from '../session.ts';
import { changeAndWait } from './change-and-wait.ts';
import { type WaitOptions, withWait } from './wait-options.ts';

type Outdated = {
  workspace: string;
  name: string;
  source: string;
  installed: string;
  latest: string;
  dismissed: boolean;
};
type Begun = {
  begun: { workspace: string; plugins: string[] }[];
  refused: { workspace: string; problem: string }[];
};
type Available = {
  items: { name: string; version: string | null; description: string | null; problem: string | null }[];
};

/** What is newer than what is installed, what is held back, and what there is to declare. */
export const pluginUpdateCommands = (plugins: Command): void => {
  plugins
    .command('outdated')
    .summary('plugins whose references stand for something newer')
    .argument('[workspace]', 'name or id (default: all)')
    .action(action((session, { args: [key] }) => showOutdated(session, key)));
  withWait(
    plugins
      .command('update')
      .summary('install what references stand for now')
      .argument('[workspace]', 'name or id')
      .argument('[plugin...]', 'names (default: all of the workspace)')
      .option('--all', 'every outdated plugin of every workspace'),
  ).action(
    action((session, { args: [key, ...names], options }) => {
      const { all, ...wait } = options as WaitOptions & { all?: true };
      if (all === true && key !== undefined)
        throw usageError(`--all is for every workspace, not for ${key}.`, 'Leave one of the two out.');
      if (all === true) return updateAll(session);
      if (key === undefined) throw usageError('Name a workspace.', 'Or add --all for every workspace.');
      const body = names.length === 0 ? {} : { plugins: names };
      const change = () => session.client.send('POST', workspacePath(key, 'plugins', 'update'), { body });
      return changeAndWait(session, key, change, 'updating', wait);
    }),
  );
  withWait(
    plugins
      .command('release')
      .summary('let a plugin that is held back be installed again')
      .argument('<workspace>', 'name or id')
      .argument('<plugin>', 'its name'),
  ).action(
    action((session, { args: [key = '', name = ''], options }) => {
      const change = () => session.client.send('POST', workspacePath(key, 'plugins', name, 'release'));
      return changeAndWait(session, key, change, `${name} released`, options as WaitOptions);
    }),
  );
  plugins
    .command('dismiss')
    .summary('hear no more of the newer version that is known')
    .argument('<workspace>', 'name or id')
    .argument('<plugin>', 'its name')
    .action(
      action(async ({ client, out }, { args: [key = '', name = ''] }) => {
        out.document(await client.send('POST', workspacePath(key, 'plugins', name, 'dismiss')));
        out.line(`${name}: its newer version is no longer listed`);
      }),
    );
  plugins
    .command('available')
    .summary('the plugins of the registry')
    .action(action((session) => showAvailable(session)));
};

const showOutdated = async ({ client, out }: Session, key: string | undefined): Promise<void> => {
  const items =
    key === undefined
      ? (await client.get<{ items: Outdated[] }>('/plugins/outdated')).items
      : (await client.get<{ outdated: Outdated[] }>(workspacePath(key, 'plugins'))).outdated;
  out.document({ items });
  if (items.length === 0) return out.line('Nothing newer is known.');
  out.table(
    [
      { title: 'WORKSPACE' },
      { title: 'PLUGIN' },
      { title: 'INSTALLED' },
      { title: 'LATEST' },
      { title: 'SOURCE', flexible: true },
    ],
    items.map((one) => [
      one.workspace,
      one.name,
      one.installed.slice(0, 12),
      `${one.latest.slice(0, 12)}${one.dismissed ? ' (dismissed)' : ''}`,
      one.source,
    ]),
  );
};

const updateAll = async ({ client, out }: Session): Promise<void> => {
  const answer = await client.send<Begun>('POST', '/plugins/update', { body: { all: true } });
  out.document(answer);
  for (const { workspace, plugins } of answer.begun) out.line(`${workspace}: updating ${plugins.join(', ')}`);
  for (const { workspace, problem } of answer.refused) out.line(`${workspace}: ${printable(problem)}`);
  out.line(
    answer.begun.length === 0 ? 'Nothing to update.' : `${count(answer.begun.length, 'workspace')} updating`,
  );
};

const showAvailable = async ({ client, out }: Session): Promise<void> => {
  const answer = await client.get<Available>('/plugins');
  out.document(answer);
  if (answer.items.length === 0) return out.line('The registry is empty: put folders under <data>/registry.');
  out.table(
    [{ title: 'NAME' }, { title: 'VERSION' }, { title: 'DESCRIPTION', flexible: true }],
    answer.items.map(({ name, version, description, problem }) => [
      `local://${name}`,
      version ?? '–',
      printable(problem ?? description ?? ''),
    ]),
  );
};
