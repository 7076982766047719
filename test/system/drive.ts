/** Turns what a path says happens into what makes it happen in a real supervisor: HTTP, processes, time. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Step } from '../../src/testing/paths/types.ts';
import type { Answer, Api } from './program.ts';
import { EARLIER } from './scripted-hands.ts';

export type Door = 'instances' | 'plugins';

/** One workspace in a supervisor whose time and hands the test moves. */
export type Bench = {
  readonly api: Api;
  readonly id: string;
  token(): string;
  now(): number;
  advance(ms: number): Promise<void>;
  hands: {
    isWaiting(door: Door): Promise<boolean>;
    /** Waits for somebody to wait there. */
    release(door: Door, outcome: string): Promise<void>;
    report(complete: boolean): Promise<object>;
    setNewer(hasNewer: boolean): Promise<void>;
  };
  restartSupervisor(): Promise<void>;
  /** How often an agent that is judged by its beats beats while time passes. */
  beatEveryMs: number;
};

let changes = 0;

export const drive = async (bench: Bench, { event, from, title }: Step): Promise<void> => {
  const { api, id, hands } = bench;
  const asAgent = { token: bench.token() };
  if (from === 'wanted.provisioning' && event.type !== 'xstate.done.actor.provision')
    await startProcess(bench);
  const post = (path: string, body?: object, as = {}) =>
    api.request('POST', `/workspaces/${id}/${path}`, body, as);
  switch (event.type) {
    case 'heartbeat.received':
      return void (await api.beat(id, bench.token(), beatOf(String(event.beat))));
    case 'agent.registered':
      return void (await api.request('POST', '/registry/register', { id }, asAgent));
    case 'lease.expired': {
      const { lease_expires_at } = await api.view(id);
      return bench.advance(Date.parse(lease_expires_at) - bench.now());
    }
    case 'deadline.passed':
      return passDeadline(bench);
    case 'instance.exited':
      return killInstance(bench);
    case 'spec.changed': {
      const another = String((changes += 1));
      const change = event.restart === true ? { env: { CHANGED: another } } : { role: another };
      return void (await api.request('PATCH', `/workspaces/${id}`, change));
    }
    case 'operator.rolledBack':
      return void (await post('plugins/rollback', { to: EARLIER }));
    case 'operator.updated':
      return void (await post('plugins/update', {}));
    case 'operator.released':
      return void (await post('plugins/a/release'));
    case 'operator.dismissed':
      return dismiss(bench);
    case 'plugins.outdated':
      return findNewer(bench);
    case 'secrets.changed':
      return void (await api.request('PUT', `/workspaces/${id}/secrets`, {
        values: { SECRET: String((changes += 1)) },
      }));
    case 'plugins.reported':
      return void (await post('plugin-install-report', await hands.report(event.complete === true), asAgent));
    case 'operator.removed':
      return void (await api.request('DELETE', `/workspaces/${id}`));
    case 'supervisor.resumed':
      return bench.restartSupervisor();
    case 'xstate.done.actor.reconcile':
      return hands.release('plugins', title);
    case 'xstate.done.actor.provision':
    case 'xstate.done.actor.stop':
    case 'xstate.done.actor.rollback':
    case 'xstate.done.actor.destroy':
      return hands.release('instances', instanceOutcome(event, title));
    default: {
      const verb = VERB_OF[event.type];
      if (verb === undefined) throw new Error(`nothing drives ${event.type}`);
      return void (await post(verb));
    }
  }
};

const VERB_OF: Record<string, string> = {
  'operator.restarted': 'restart',
  'operator.paused': 'pause',
  'operator.resumed': 'resume',
  'operator.hibernated': 'hibernate',
  'operator.woke': 'wake',
  'operator.retried': 'retry',
  'operator.reconciled': 'reconcile',
};

export const beatOf = (beat: string): object =>
  ({
    healthy: { error_rate: 0.3 },
    recovered: { error_rate: 0 },
    failing: { error_rate: 0.7 },
    wedged: { runtime_state: 'wedged' },
  })[beat] as object;

const instanceOutcome = ({ type, output }: Step['event'], title: string): string => {
  const { kind } = output as { kind: string };
  if (kind === 'failed') return type.endsWith('provision') ? 'failed' : 'stop fails';
  return type.endsWith('rollback') ? title : kind;
};

/** Nothing holds the start back while something else is what the path is about. */
export const startProcess = (bench: Bench): Promise<unknown> =>
  soon('the process being started', async () => {
    if (await hasRow(bench, ['instance.started', 'instance.adopted'])) return true;
    if (await bench.hands.isWaiting('instances')) await bench.hands.release('instances', 'running');
    return false;
  });

const hasRow = async ({ api, id }: Bench, events: string[]): Promise<boolean> => {
  const rows = await api.history(id);
  const begun = rows.findLastIndex(
    ({ event, from, to }) => to === 'wanted.provisioning' && (from !== to || event === 'supervisor.resumed'),
  );
  return rows.findLastIndex(({ event }) => events.includes(event)) > begun;
};

/** Moves on to the armed deadline; an agent that is judged by its beats beats on the way. */
const passDeadline = async (bench: Bench): Promise<void> => {
  const { deadline, status } = await bench.api.view(bench.id);
  const due = Date.parse(deadline.at);
  if (bench.now() >= due) await bench.advance(1);
  await passTime(bench, due - bench.now(), status);
};

const passTime = async (bench: Bench, ms: number, status: string): Promise<void> => {
  const end = bench.now() + ms;
  while (bench.now() < end) {
    if (status === 'online') await bench.api.beat(bench.id, bench.token(), { error_rate: 0.3 });
    await bench.advance(Math.min(bench.beatEveryMs, end - bench.now()));
  }
};

const killInstance = async ({ api, id }: Bench): Promise<void> => {
  const started = (await api.history(id)).findLast(({ event }) => event === 'instance.started');
  process.kill(started.cause.pid, 'SIGKILL');
};

/** Drift is looked for every minute, and a source once in a while: until it was found to stand for something else. */
const findNewer = async (bench: Bench): Promise<void> => {
  const { api, id } = bench;
  await bench.hands.setNewer(true);
  const before = (await api.history(id)).length;
  await soon('the newer version being found', async () => {
    const news = (await api.history(id)).slice(before);
    if (news.some(({ event }) => event === 'plugins.outdated')) return true;
    const { status } = await api.view(id);
    await passTime(bench, 60_000, status);
    return false;
  });
  await bench.hands.setNewer(false);
};

const dismiss = async (bench: Bench): Promise<void> => {
  await findNewer(bench);
  await bench.api.request('POST', `/workspaces/${bench.id}/plugins/a/dismiss`);
};

export const transitionsSoFar = async ({ api, id }: Pick<Bench, 'api' | 'id'>): Promise<Answer[]> =>
  (await api.history(id)).filter(({ kind }) => kind === 'transition');

/** Like `eventually`, for what takes a moment. */
export const soon = async <T>(
  what: string,
  probe: () => Promise<T | null | undefined | false>,
  withinMs = 10_000,
): Promise<T> => {
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(4)) {
    const found = await probe();
    if (found) return found;
  }
  throw new Error(`${what} did not come about within ${withinMs} ms`);
};

/** Waits until the journal has the step, and gives its transitions. */
export const arrive = async (bench: Bench, before: number, step: Step): Promise<Answer[]> => {
  let rows: Answer[] = [];
  try {
    return await soon(`${step.title}: ${step.from} -> ${step.to}`, async () => {
      rows = await transitionsSoFar(bench);
      return rows.at(-1).to === step.to && (rows.length > before || !step.moved) ? rows : null;
    });
  } catch (error) {
    const last = rows.slice(-4).map(({ event, from, to }) => `${event}: ${from} -> ${to}`);
    throw new Error(`${(error as Error).message}; last: ${last.join('; ')}`, { cause: error });
  }
};
