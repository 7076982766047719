import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { type Client, workspacePath } from '../client.ts';
import { action, type Session } from '../session.ts';
import { stateStyle, statusWord } from '../state-words.ts';
import { lastRow, waitUntilSettled } from '../wait.ts';
import type { WireView } from '../wire.ts';
import { type WaitOptions, withWait } from './wait-options.ts';

const VERBS = [
  { verb: 'pause', summary: 'stop its agent until it is resumed', starts: false },
  { verb: 'resume', summary: 'start a paused workspace', starts: true },
  { verb: 'restart', summary: 'stop its agent and start it anew', starts: true },
  { verb: 'retry', summary: 'try again what failed or is blocked', starts: true },
  { verb: 'reconcile', summary: 'compare and mend its plugins now', starts: true },
  { verb: 'hibernate', summary: 'stop its agent until it is woken', starts: false },
  { verb: 'wake', summary: 'start a hibernated workspace', starts: true },
] as const;

type Verb = (typeof VERBS)[number]['verb'];

/** One command for each thing that an operator can do to a workspace. */
export const verbCommands = (program: Command): void => {
  for (const { verb, summary, starts } of VERBS) {
    const command = program.command(verb).summary(summary).argument('<workspace>', 'name or id');
    (starts ? withWait(command) : command).action(
      action((session, { args: [key = ''], options }) => act(session, verb, key, options as WaitOptions)),
    );
  }
};

const act = async ({ client, out }: Session, verb: Verb, key: string, { wait, timeout }: WaitOptions) => {
  const after = wait ? await lastRow(client, key) : 0;
  const view = await ask(client, verb, key, wait === true);
  if (wait) {
    await waitUntilSettled({ client, out, view, after, withinMs: timeout });
    return;
  }
  out.document(view);
  const status = statusWord(view);
  const pending = view.restart_pending ? ', restart pending' : '';
  out.line(
    `${out.style('bold', view.name)}: ${verb} accepted, it is ${out.style(stateStyle(status), status)}${pending}`,
  );
};

/** Who waits for an agent has what it wants from one that is awake, or being woken already. */
const ask = async (client: Client, verb: Verb, key: string, wait: boolean): Promise<WireView> => {
  try {
    return await client.send<WireView>('POST', workspacePath(key, verb));
  } catch (error) {
    if (verb !== 'wake' || !wait || !isOnItsWay(error)) throw error;
    return await client.get<WireView>(workspacePath(key));
  }
};

const isOnItsWay = (error: unknown): boolean => {
  if (!(error instanceof CliError) || error.code !== 'STATE_CONFLICT') return false;
  const { state } = (error.details ?? {}) as { state?: string };
  return state === 'awake' || state === 'waking';
};
