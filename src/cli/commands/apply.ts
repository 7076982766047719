import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { workspacePath } from '../client.ts';
import { count } from '../humanise.ts';
import { type Plan, planWorkspaces, printPlans } from '../plan-workspaces.ts';
import { readDocuments, type WrittenWorkspace } from '../read-documents.ts';
import { action, type Session } from '../session.ts';
import { type Created, tellConnection } from '../tell-connection.ts';
import { lastRow, waitUntilSettled } from '../wait.ts';
import type { WireView } from '../wire.ts';
import { type WaitOptions, withWait } from './wait-options.ts';

type Options = WaitOptions & { file: string };

export const applyCommand = (program: Command): Command =>
  withWait(
    program
      .command('apply')
      .summary('create or change workspaces until they are as written')
      .requiredOption('-f, --file <path>', 'YAML file, folder of them, or - for standard input'),
  ).action(action((session, { options }) => apply(session, options as Options)));

/** Plans everything before it changes anything: what is refused is refused as a whole. */
const apply = async (session: Session, { file, wait, timeout }: Options): Promise<void> => {
  const { client, out } = session;
  const written = readDocuments(file);
  const plans = await planWorkspaces(client, written);
  const conflict = plans.find((plan) => plan.action === 'conflict');
  if (conflict) {
    throw new CliError(`${conflict.name}: ${conflict.problem ?? 'it cannot be changed so.'}`, {
      code: 'CONFLICT',
      hint: 'Nothing was changed.',
    });
  }
  if (!out.json) printPlans(plans, out);
  const begun: { view: WireView; after: number }[] = [];
  for (const [index, plan] of plans.entries()) {
    const after = plan.id !== null && wait ? await lastRow(client, plan.id) : 0;
    const { document } = written[index] as WrittenWorkspace;
    begun.push({ view: await applyOne(session, plan, document), after });
  }
  const changed = plans.filter((plan) => plan.action !== 'unchanged');
  const summary = plans.map(({ name, action, changes }) => ({ name, action, changes }));
  out.document({ items: summary }, { streaming: wait === true });
  out.line(changed.length === 0 ? 'Nothing to do.' : `${count(changed.length, 'workspace')} applied`);
  if (!wait) return;
  for (const { view, after } of begun) {
    out.line();
    out.line(out.style('bold', view.name));
    await waitUntilSettled({ client, out, view, after, withinMs: timeout, mayAwaitAgent: true });
  }
};

/** The workspace as it is afterwards. */
const applyOne = async (
  { client, out }: Session,
  { id, action, patch, generation }: Plan,
  document: Record<string, unknown>,
): Promise<WireView> => {
  if (id === null) {
    const created = await client.send<Created>('POST', '/workspaces', { body: document });
    tellConnection(created, out);
    return created;
  }
  if (action === 'unchanged') return client.get<WireView>(workspacePath(id));
  return client.send<WireView>('PATCH', workspacePath(id), {
    body: patch,
    headers: { 'if-match': `"${generation}"` },
  });
};
