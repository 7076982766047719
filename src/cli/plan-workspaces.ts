import { CliError } from './cli-error.ts';
import type { Client } from './client.ts';
import { type Output, printable } from './output.ts';
import type { WrittenWorkspace } from './read-documents.ts';

/** What applying one document would do, as the supervisor sees it. */
export type Plan = {
  action: 'create' | 'update' | 'unchanged' | 'conflict';
  name: string;
  id: string | null;
  generation: number | null;
  changes: { path: string; from: unknown; to: unknown }[];
  patch: Record<string, unknown>;
  restarts: 'yes' | 'possibly' | 'no';
  problem: string | null;
};

/** Asks what each document would change. A refused one says in which file it is. */
export const planWorkspaces = async (
  client: Client,
  written: readonly WrittenWorkspace[],
): Promise<Plan[]> => {
  const plans: Plan[] = [];
  for (const { name, document, where } of written) {
    try {
      plans.push(await client.send<Plan>('POST', '/plan', { body: document }));
    } catch (error) {
      if (!(error instanceof CliError) || error.code === 'UNREACHABLE') throw error;
      throw new CliError(`${where}, ${name}: ${error.message}`, error);
    }
  }
  return plans;
};

const STYLES = { create: 'green', update: 'yellow', unchanged: 'dim', conflict: 'red' } as const;
const RESTARTS = {
  yes: 'restarts the agent',
  possibly: 'restarts the agent if its plugins differ in code',
  no: null,
};

/** Prints a plan: what happens to each workspace, and for a change each field. */
export const printPlans = (plans: readonly Plan[], out: Output): void => {
  const width = Math.max(...plans.map(({ name }) => name.length));
  for (const { name, action, changes, restarts, problem } of plans) {
    const notes = [problem, action === 'update' ? RESTARTS[restarts] : null].filter((note) => note !== null);
    const text = notes.length > 0 ? `  ${printable(notes.join('; '))}` : '';
    out.line(`${name.padEnd(width)}  ${out.style(STYLES[action], action)}${text}`);
    for (const { path, from, to } of changes) out.line(`  ${path}: ${shown(from)} → ${shown(to)}`);
  }
};

const LONGEST_VALUE = 60;

const shown = (value: unknown): string => {
  if (value === null || value === undefined) return '–';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return printable(text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text);
};
