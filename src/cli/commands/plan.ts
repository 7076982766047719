import type { Command } from 'commander';
import { usageError } from '../cli-error.ts';
import { workspacePath } from '../client.ts';
import { printable } from '../output.ts';
import { entryWords, restartWords } from '../plan-words.ts';
import { printChanges } from '../print-changes.ts';
import { readDocuments } from '../read-documents.ts';
import { defaultSet, sendApply } from '../send-apply.ts';
import { action, type Session } from '../session.ts';
import type { Restarts, WirePlanEntry } from '../wire-plan.ts';

type Options = { file?: string; template?: string; set?: string; prune?: true; refresh?: true };
type PluginPlan = { items: WirePlanEntry[]; restarts: Restarts; restart_why: string };
type TemplatePlan = {
  name: string;
  description: string | null;
  runtime: string;
  agent_runtime: string | null;
  command: string[];
  required_env: string[];
  missing_env: string[];
  plugins: WirePlanEntry[];
  problems: { path: string; message: string }[];
  workspaces: string[];
};

export const planCommand = (program: Command): Command =>
  program
    .command('plan')
    .summary('say what would be done, whether it restarts and why; changes nothing')
    .usage('<workspace> | -f <path> | --template <name>')
    .argument('[workspace]', 'name or id: what its next reconcile would do')
    .option('-f, --file <path>', 'what applying a YAML file, a folder of them, or - would do')
    .option('--template <name>', 'what a new workspace would get from it')
    .option('--set <name>', 'with -f: what the files belong to (default: the name of the folder or file)')
    .option('--prune', 'with -f: as apply would do with --prune')
    .option('--refresh', 'with a workspace or template: look up what references stand for now')
    .action(
      action((session, { args: [key], options }) => {
        const given = options as Options;
        const subjects = [key, given.file, given.template].filter((each) => each !== undefined);
        if (subjects.length !== 1)
          throw usageError(
            subjects.length === 0 ? 'There is nothing to plan.' : 'Only one thing can be planned at a time.',
            'Give a workspace, -f with files, or --template with a name.',
          );
        if (given.file !== undefined) return planFiles(session, given.file, given);
        if (given.template !== undefined) return planTemplate(session, given.template, given);
        return planWorkspace(session, key as string, given);
      }),
    );

const planFiles = async (
  { client, out }: Session,
  file: string,
  { set = defaultSet(file), prune, refresh }: Options,
): Promise<number> => {
  if (refresh)
    throw usageError(
      'Applying files follows no references, and neither does its plan.',
      '`keepwell plan <workspace> --refresh` looks them up, `keepwell plugins update` installs what it finds.',
    );
  const planned = await sendApply(client, readDocuments(file), { set, prune: prune === true, dryRun: true });
  out.document(planned);
  printChanges(planned.items, out);
  return planned.items.some((item) => item.action === 'conflict') ? 1 : 0;
};

const planWorkspace = async ({ client, out }: Session, key: string, options: Options): Promise<number> => {
  const query = options.refresh ? { refresh: true } : {};
  const plan = await client.get<PluginPlan>(workspacePath(key, 'plugins', 'plan'), query);
  out.document(plan);
  const toDo = plan.items.filter((entry) => entry.action !== 'keep');
  for (const entry of toDo) out.line(entryWords(entry, out));
  if (toDo.every((entry) => entry.action === 'hold'))
    out.line(
      toDo.length === 0
        ? 'All plugins are in place; a reconcile would change nothing.'
        : 'All else is in place; a reconcile would change nothing.',
    );
  else out.line(restartWords(plan));
  return 0;
};

/** Ends with 1 for a template from which nothing can be made as it is. */
const planTemplate = async ({ client, out }: Session, name: string, options: Options): Promise<number> => {
  const query = options.refresh ? { refresh: true } : {};
  const plan = await client.get<TemplatePlan>(`/templates/${encodeURIComponent(name)}`, query);
  out.document(plan);
  const { description, runtime, agent_runtime: builtOn, command, missing_env: missing, workspaces } = plan;
  const about = description === null ? '' : `: ${printable(description)}`;
  out.line(`${out.style('bold', plan.name)}${about}`);
  if (builtOn !== null) out.line(`its agent is built on ${printable(builtOn)}`);
  if (runtime !== 'external') {
    if (command.length > 0) out.line(`runs ${printable(command.join(' '))}`);
    else out.line(out.style('yellow', 'does not say what to run: `keepwell create` has to, after --'));
  }
  for (const entry of plan.plugins) out.line(entryWords(entry, out));
  if (missing.length > 0)
    out.line(out.style('yellow', `needs ${missing.join(', ')}, which no secret provides yet`));
  for (const { path, message } of plan.problems) out.line(out.style('red', printable(`${path}: ${message}`)));
  out.line(
    workspaces.length === 0 ? 'no workspace was made from it' : `made from it: ${workspaces.join(', ')}`,
  );
  return plan.problems.length > 0 ? 1 : 0;
};
