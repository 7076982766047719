import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { workspacePath } from '../client.ts';
import { count } from '../humanise.ts';
import { printChanges } from '../print-changes.ts';
import { readDocuments } from '../read-documents.ts';
import { defaultSet, sendApply } from '../send-apply.ts';
import { action, type Session } from '../session.ts';
import { tellConnection } from '../tell-connection.ts';
import { lastRow, waitUntilSettled } from '../wait.ts';
import type { WireView } from '../wire.ts';
import type { WireApplied, WireChange } from '../wire-plan.ts';
import { type WaitOptions, withWait } from './wait-options.ts';

type Options = WaitOptions & { file: string; set?: string; prune?: true; dryRun?: true; yes?: true };

export const applyCommand = (program: Command): Command =>
  withWait(
    program
      .command('apply')
      .summary('create or change workspaces until they are as written')
      .requiredOption('-f, --file <path>', 'YAML file, folder of them, or - for standard input')
      .option('--set <name>', 'what they belong to (default: the name of the folder or file)')
      .option('--prune', 'remove workspaces of the set that are in no file, and what was added by hand')
      .option('--dry-run', 'say what would be done; change nothing')
      .option('-y, --yes', 'do not ask before removing'),
  ).action(action((session, { options }) => apply(session, options as Options)));

const apply = async (session: Session, options: Options): Promise<number> => {
  const { client, out } = session;
  const { file, set = defaultSet(file), prune = false, wait, timeout } = options;
  const written = readDocuments(file);
  const planned = await sendApply(client, written, { set, prune, dryRun: true });
  if (options.dryRun) {
    out.document(planned);
    printChanges(planned.items, out);
    return planned.items.some((item) => item.action === 'conflict') ? 1 : 0;
  }
  const removals = planned.items.filter((item) => prune && item.action === 'remove');
  if (!out.json) printChanges(planned.items, out);
  if (removals.length > 0 && !options.yes) await confirm(session, removals);
  const rows = wait ? await lastRows(session, planned.items) : new Map<string, number>();
  const applied = await sendApply(client, written, { set, prune, dryRun: false });
  out.document(applied, { streaming: wait === true });
  tellResult(session, applied, prune);
  if (wait) {
    for (const { name, action, id } of applied.items) {
      if (id === null || action === 'remove') continue;
      out.line();
      out.line(out.style('bold', name));
      const view = await client.get<WireView>(workspacePath(id));
      await waitUntilSettled({
        client,
        out,
        view,
        after: rows.get(id) ?? 0,
        withinMs: timeout,
        mayAwaitAgent: true,
      });
    }
  }
  return 0;
};

/** @throws {CliError} when not all of it was done */
const tellResult = ({ out }: Session, { items, complete }: WireApplied, prune: boolean): void => {
  for (const { name, connection } of items)
    if (connection !== null) tellConnection({ name, connection }, out);
  const isRemoval = (item: WireChange) => item.action === 'remove';
  const changed = items.filter((item) => item.done && !isRemoval(item) && item.action !== 'unchanged').length;
  const removed = items.filter((item) => item.done && isRemoval(item)).length;
  const undone = items.filter((item) => !item.done && (prune || !isRemoval(item)));
  const words = [
    changed > 0 ? `${count(changed, 'workspace')} applied` : null,
    removed > 0 ? `${count(removed, 'workspace')} removed` : null,
  ].filter((text) => text !== null);
  if (complete || words.length > 0) out.line(words.length === 0 ? 'Nothing to do.' : words.join(', '));
  if (complete) return;
  throw new CliError(
    `${count(undone.length, 'workspace')} could not be ${changed + removed > 0 ? 'done too' : 'done'}.`,
    {
      code: 'APPLY_INCOMPLETE',
      hint: 'Apply the same again; what is done is left alone.',
      details: undone.map(({ name, problem }) => ({ path: name, message: problem ?? 'not done' })),
    },
  );
};

/** Nobody is asked where nobody can answer: `--prune` was said. */
const confirm = async ({ interrupted }: Session, removals: readonly WireChange[]): Promise<void> => {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const names = removals.map(({ name }) => name).join(', ');
    const answer = await terminal.question(`Stop and remove ${names}? [y/N] `, { signal: interrupted });
    if (/^y(es)?$/i.test(answer.trim())) return;
    throw new CliError('Nothing was changed.', { code: 'NOT_CONFIRMED' });
  } finally {
    terminal.close();
  }
};

/** Where the journal of each was before. */
const lastRows = async ({ client }: Session, items: readonly WireChange[]): Promise<Map<string, number>> => {
  const rows = new Map<string, number>();
  for (const { id } of items) if (id !== null) rows.set(id, await lastRow(client, id));
  return rows;
};
