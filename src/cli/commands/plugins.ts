import { type Command, Option } from 'commander';
import { workspacePath } from '../client.ts';
import { humanMoment } from '../humanise.ts';
import { type Output, printable } from '../output.ts';
import { action, type Session } from '../session.ts';
import type { WireBlocked, WireHeld, WireOutdated } from '../wire.ts';
import { changeAndWait } from './change-and-wait.ts';
import { pluginGenerationCommands } from './plugin-generations.ts';
import { pluginUpdateCommands } from './plugin-updates.ts';
import { type WaitOptions, withWait } from './wait-options.ts';

type Declaration = { name: string; source: string; sha256?: string; restart?: string };
type Installed = { name: string; source: string; revision: string | null; intact: boolean };
type WirePlugins = {
  declared: Declaration[];
  installed: { generation: number; plugins: Installed[] };
  blocked: WireBlocked[];
  held: WireHeld[];
  outdated: WireOutdated[];
};
type PlanItem = {
  name: string;
  action: 'keep' | 'hold' | 'add' | 'update' | 'remove';
  why: string;
  restart: boolean;
};

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
      .argument(
        '<source>',
        'local://name, github://owner/repo#ref, git+https://…#ref, https://….tgz#sha256=…',
      )
      .option('--sha256 <hash>', 'the hash that its tree or its plugin.yaml must have')
      .option('--replace', 'takes the place of the plugin of the same name')
      .addOption(
        new Option('--track <how>', 'whether newer versions are installed by themselves').choices([
          'manual',
          'auto',
        ]),
      )
      .addOption(
        new Option('--restart <when>', 'whether it restarts the agent').choices(['never', 'auto', 'always']),
      ),
  ).action(
    action((session, { args: [key = '', source = ''], options }) => {
      const { wait, timeout, ...more } = options as WaitOptions & Record<string, unknown>;
      const waiting = wait === undefined ? { timeout } : { wait, timeout };
      const body = { source, ...more };
      const change = () => session.client.send('POST', workspacePath(key, 'plugins'), { body });
      return changeAndWait(session, key, change, `${source} declared`, waiting);
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
  pluginGenerationCommands(plugins);
  pluginUpdateCommands(plugins);
  return plugins;
};

const list = async ({ client, out }: Session, key: string): Promise<void> => {
  const plugins = await client.get<WirePlugins>(workspacePath(key, 'plugins'));
  out.document(plugins);
  const { declared, installed, blocked, held, outdated } = plugins;
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
      const back = held.find(({ name, source }) => name === each.name && source === each.source);
      const newer = outdated.find(({ name, dismissed }) => name === each.name && !dismissed);
      return [
        each.name,
        stateOf({ there, isDeclared: declared.includes(each), problem, back, newer }, out),
        there?.revision?.slice(0, 12) ?? '–',
        each.source,
        whyOf({ problem, back, newer }, now),
      ];
    }),
  );
};

type Found = {
  there: Installed | undefined;
  isDeclared: boolean;
  problem: WireBlocked | undefined;
  back: WireHeld | undefined;
  newer: WireOutdated | undefined;
};

const stateOf = ({ there, isDeclared, problem, back, newer }: Found, out: Output): string => {
  if (!isDeclared) return out.style('yellow', 'undeclared');
  if (there && !there.intact) return out.style('yellow', 'changed');
  if (problem) return out.style('red', there ? 'not updated' : 'blocked');
  if (back) return out.style('red', 'held back');
  if (newer) return out.style('yellow', 'outdated');
  return there ? out.style('green', 'installed') : out.style('cyan', 'missing');
};

const WHY_HELD = {
  quarantined: 'the agent crashed with it',
  suspected: 'it may be what makes the agent crash; it is tried again by itself',
  'rolled-back': 'an operator rolled it back',
};

const whyOf = ({ problem, back, newer }: Pick<Found, 'problem' | 'back' | 'newer'>, now: number): string => {
  if (problem) return printable(`${problem.message} Next try ${humanMoment(problem.retry_at, now)}.`);
  if (back) return `${WHY_HELD[back.why]}; \`keepwell plugins release\` lets it in`;
  return newer ? `${newer.latest.slice(0, 12)} is newer; \`keepwell plugins update\` installs it` : '';
};

const plan = async ({ client, out }: Session, key: string): Promise<void> => {
  const page = await client.get<{ items: PlanItem[] }>(workspacePath(key, 'plugins', 'plan'));
  out.document(page);
  if (page.items.every(({ action }) => action === 'keep')) {
    out.line('All plugins are in place; a reconcile would change nothing.');
    return;
  }
  const styles = { keep: 'dim', hold: 'dim', add: 'green', update: 'yellow', remove: 'red' } as const;
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
