import { type Command, Option } from 'commander';
import { workspacePath } from '../client.ts';
import { humanMoment } from '../humanise.ts';
import { type Output, printable } from '../output.ts';
import { action, type Session } from '../session.ts';
import { lastRow, waitUntilSettled } from '../wait.ts';
import type { WireBlocked, WireView } from '../wire.ts';
import { type WaitOptions, withWait } from './wait-options.ts';

type Declaration = { name: string; source: string; sha256?: string; restart?: string };
type Installed = { name: string; source: string; revision: string | null; intact: boolean };
type WirePlugins = {
  declared: Declaration[];
  installed: { generation: number; plugins: Installed[] };
  blocked: WireBlocked[];
};
type PlanItem = { name: string; action: 'keep' | 'add' | 'update' | 'remove'; why: string; restart: boolean };

export const pluginsCommand = (program: Command): Command => {
  const plugins = program.command('plugins').summary('see and change the plugins of a workspace');
  plugins
    .command('ls')
    .summary('what is declared, what is installed, what is missing and why')
    .argument('<workspace>', 'name or id')
    .action(action((session, { args: [key = ''] }) => list(session, key)));
  withWait(
    plugins
      .command('add')
      .summary('declare a plugin; it is installed by itself')
      .argument('<workspace>', 'name or id')
      .argument('<source>', 'local://name or git+https://…#ref')
      .option('--sha256 <hash>', 'the tree hash it must have')
      .addOption(
        new Option('--restart <when>', 'whether it restarts the agent').choices(['never', 'auto', 'always']),
      ),
  ).action(
    action((session, { args: [key = '', source = ''], options }) => {
      const { sha256, restart, ...wait } = options as WaitOptions & { sha256?: string; restart?: string };
      const body = { source, ...(sha256 ? { sha256 } : {}), ...(restart ? { restart } : {}) };
      const change = () => session.client.send('POST', workspacePath(key, 'plugins'), { body });
      return changeAndWait(session, key, change, `${source} declared`, wait);
    }),
  );
  withWait(
    plugins
      .command('rm')
      .summary('undeclare a plugin; it is uninstalled by itself')
      .argument('<workspace>', 'name or id')
      .argument('<plugin>', 'its name'),
  ).action(
    action((session, { args: [key = '', name = ''], options }) => {
      const change = () => session.client.send('DELETE', workspacePath(key, 'plugins', name));
      return changeAndWait(session, key, change, `${name} undeclared`, options as WaitOptions);
    }),
  );
  plugins
    .command('plan')
    .summary('what a reconcile would do now; changes nothing')
    .argument('<workspace>', 'name or id')
    .action(action((session, { args: [key = ''] }) => plan(session, key)));
  return plugins;
};

const list = async ({ client, out }: Session, key: string): Promise<void> => {
  const plugins = await client.get<WirePlugins>(workspacePath(key, 'plugins'));
  out.document(plugins);
  const { declared, installed, blocked } = plugins;
  const undeclared = installed.plugins.filter(({ name }) => !declared.some((each) => each.name === name));
  if (declared.length + undeclared.length === 0) {
    out.line('No plugins are declared; `keepwell plugins add` declares one.');
    return;
  }
  const now = Date.now();
  out.table(
    [
      { title: 'NAME' },
      { title: 'STATE' },
      { title: 'REVISION' },
      { title: 'SOURCE' },
      { title: 'WHY', flexible: true },
    ],
    [...declared, ...undeclared].map((each) => {
      const there = installed.plugins.find(({ name }) => name === each.name);
      const problem = blocked.find(({ name }) => name === each.name);
      return [
        each.name,
        stateOf(there, declared.includes(each), problem, out),
        there?.revision?.slice(0, 12) ?? '–',
        each.source,
        problem ? printable(`${problem.message} Next try ${humanMoment(problem.retry_at, now)}.`) : '',
      ];
    }),
  );
};

const stateOf = (
  there: Installed | undefined,
  isDeclared: boolean,
  problem: WireBlocked | undefined,
  out: Output,
) => {
  if (!isDeclared) return out.style('yellow', 'undeclared');
  if (there && !there.intact) return out.style('yellow', 'changed');
  if (problem) return out.style('red', there ? 'not updated' : 'blocked');
  return there ? out.style('green', 'installed') : out.style('cyan', 'missing');
};

const plan = async ({ client, out }: Session, key: string): Promise<void> => {
  const page = await client.get<{ items: PlanItem[] }>(workspacePath(key, 'plugins', 'plan'));
  out.document(page);
  if (page.items.every(({ action }) => action === 'keep')) {
    out.line('All plugins are in place; a reconcile would change nothing.');
    return;
  }
  const styles = { keep: 'dim', add: 'green', update: 'yellow', remove: 'red' } as const;
  out.table(
    [{ title: 'PLUGIN' }, { title: 'ACTION' }, { title: 'RESTART' }, { title: 'WHY', flexible: true }],
    page.items.map(({ name, action, restart, why }) => [
      name,
      out.style(styles[action], action),
      action !== 'keep' && restart ? 'yes' : '–',
      printable(why),
    ]),
  );
};

const changeAndWait = async (
  { client, out }: Session,
  key: string,
  change: () => Promise<unknown>,
  done: string,
  { wait, timeout }: WaitOptions,
): Promise<void> => {
  const after = wait ? await lastRow(client, key) : 0;
  const answer = await change();
  out.document(answer, { streaming: wait === true });
  out.line(done);
  if (!wait) return;
  const view = await client.get<WireView>(workspacePath(key));
  await waitUntilSettled({ client, out, view, after, withinMs: timeout });
};
