import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from './cli-error.ts';
import { type Client, workspacePath } from './client.ts';
import { describeRow } from './describe-row.ts';
import { EXIT } from './exit-codes.ts';
import { type Followed, followRows } from './follow.ts';
import { humanDuration } from './humanise.ts';
import type { Output } from './output.ts';
import { pluginWords } from './plugin-words.ts';
import { stateWord } from './state-words.ts';
import { createStepPrinter, type StepPrinter } from './step-printer.ts';
import { judge, waitsForSomebody } from './verdict.ts';
import type { WireView } from './wire.ts';

type Wait = {
  client: Client;
  out: Output;
  /** The workspace as the answer to the command showed it. */
  view: WireView;
  /** The last journal row before the command. */
  after: number;
  withinMs: number;
  /** Whether an external agent that is not there yet is good enough. Default false. */
  mayAwaitAgent?: boolean;
};

/** Rows come in bursts; the state is looked at when one is over, and now and then when none comes. */
const BURST_OVER_MS = 80;
const LOOK_EVERY_MS = 2_000;

/**
 * Prints each step of a workspace until it has settled.
 *
 * A supervisor that is killed meanwhile is waited for. Returns when the workspace is online, has all its plugins and
 * owes no restart; with `mayAwaitAgent` also when only its agent, which runs elsewhere, is missing.
 *
 * @throws {CliError} with the workspace's reason when it failed, is blocked or was put to rest; exit code 5 when
 * `withinMs` have passed.
 */
export const waitUntilSettled = async ({
  client,
  out,
  view,
  after,
  withinMs,
  mayAwaitAgent = false,
}: Wait): Promise<void> => {
  const startedAt = performance.now();
  const over = new AbortController();
  const steps = createStepPrinter(out);
  const show = createShow(view, steps, out);
  const rows = followRows(client, workspacePath(view.id, 'history'), {
    after,
    signal: over.signal,
    patient: true,
  });
  let upcoming = rows.next();
  let latest = view;
  let isConnected = false;
  let quietMs = BURST_OVER_MS;
  let asked: string | null = null;
  try {
    for (;;) {
      const leftMs = withinMs - (performance.now() - startedAt);
      if (leftMs <= 0) throw timedOut(latest, withinMs);
      const step = await orQuiet(upcoming, Math.min(quietMs, leftMs));
      if (step !== 'quiet') {
        if (step.done) throw interrupted(view);
        isConnected = step.value.kind !== 'lost';
        show(step.value);
        upcoming = rows.next();
        quietMs = BURST_OVER_MS;
        continue;
      }
      quietMs = LOOK_EVERY_MS;
      // While rows are missing, a look at the state would end the story before it is told.
      if (!isConnected) continue;
      latest = (await look(client, view.id)) ?? latest;
      if (mayAwaitAgent && latest.status === 'awaiting_agent') {
        steps.remark(waitsForSomebody(latest) ?? 'its agent is not there yet');
        return;
      }
      const verdict = judge(latest, view.generation);
      if (verdict instanceof CliError) throw verdict;
      if (verdict === 'settled') break;
      const ask = waitsForSomebody(latest);
      if (ask !== null && ask !== asked) steps.remark(ask);
      asked = ask;
    }
  } finally {
    over.abort();
    upcoming.catch(() => {});
  }
  out.document(latest, { streaming: true });
  tellArrival(latest, out);
};

/** The number of the last journal row of a workspace: what comes after it was caused by what is done next. */
export const lastRow = async (client: Client, workspace: string): Promise<number> => {
  const page = await client.get<{ items: { seq: number }[] }>(workspacePath(workspace, 'history'), {
    order: 'desc',
    limit: 1,
  });
  return page.items[0]?.seq ?? 0;
};

const orQuiet = async <T>(upcoming: Promise<T>, quietMs: number): Promise<T | 'quiet'> => {
  const arrived = new AbortController();
  try {
    const quiet = delay(quietMs, 'quiet' as const, { signal: arrived.signal }).catch(() => 'quiet' as const);
    return await Promise.race([upcoming, quiet]);
  } finally {
    arrived.abort();
  }
};

const createShow = ({ name, spec }: WireView, steps: StepPrinter, out: Output) => {
  return (followed: Followed): void => {
    if (followed.kind === 'lost') return steps.remark('connection to the supervisor lost, trying again');
    if (followed.kind === 'connected') return followed.again ? steps.remark('connected again') : undefined;
    const { row } = followed;
    out.document(row, { streaming: true });
    // The journal does not say from what a workspace was made; its spec does.
    const isFirst = row.event === 'workspace.created';
    const { text, minor } = describeRow(isFirst ? { ...row, cause: { template: spec.template } } : row);
    if (!minor) steps.step(row.at, stateWord(row.to), text);
    if (row.to === 'wanted.offline' && row.from !== row.to) {
      steps.remark(`\`keepwell logs ${name}\` shows what it printed`);
    }
  };
};

const tellArrival = ({ name, plugins }: WireView, out: Output): void => {
  out.line();
  out.line(`${out.style('bold', name)} is ${out.style('green', 'online')}, ${pluginWords(plugins)}`);
};

const interrupted = ({ name }: WireView): CliError =>
  new CliError(`Not waiting any longer; ${name} goes on by itself.`, {
    code: 'INTERRUPTED',
    exitCode: EXIT.interrupted,
  });

/** Null while the supervisor is away; then there is nothing to judge. */
const look = async (client: Client, id: string): Promise<WireView | null> => {
  try {
    return await client.get<WireView>(workspacePath(id));
  } catch (error) {
    if (error instanceof CliError && (error.exitCode === EXIT.unreachable || error.code === 'NOT_READY'))
      return null;
    throw error;
  }
};

const timedOut = (view: WireView, withinMs: number): CliError => {
  const { name, state, reason } = view;
  const ask = waitsForSomebody(view);
  const why = ask ?? reason?.message;
  return new CliError(
    `${name} has not settled within ${humanDuration(withinMs)}; it is ${stateWord(state)}${why ? `: ${why}` : '.'}`,
    {
      code: 'TIMED_OUT',
      exitCode: EXIT.timedOut,
      hint: `It goes on without being waited for; \`keepwell why ${name}\` says what comes next.`,
    },
  );
};
