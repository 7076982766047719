import pino from 'pino';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { isPending } from '../../machines/workspace/delivery.ts';
import { loadConfig } from '../../src/config.ts';
import { assemble } from '../../src/main.ts';
import { createMemoryClock, type MemoryClock } from '../../src/testing/memory/memory-clock.ts';
import {
  allTransitions,
  allWaysIntoOnline,
  missing,
  printTally,
  transitionsTaken,
} from '../machines/coverage.ts';
import {
  type Edge,
  exploreMachine,
  keyOf,
  leafOfKey,
  type Model,
  type ModelEvent,
  type Snapshot,
} from '../machines/model.ts';
import {
  ADMIN_TOKEN,
  type Answer,
  type Api,
  createApi,
  createDataFolder,
  eventually,
  stopAgents,
  tokenOf,
} from './program.ts';
import { createScriptedHands, EARLIER } from './scripted-hands.ts';

/**
 * Paths are generated from the machine and walked by the real supervisor: HTTP over a socket, a SQLite file, real
 * processes, with a clock that the test moves. After every step the program must be where the machine says.
 */

/** What traffic can bring about. An effect of ours never rejects, and a beat in between moves nothing. */
const isDrivable = (snapshot: Snapshot, { type, title, complete }: ModelEvent): boolean =>
  !type.startsWith('xstate.error') &&
  title !== 'an earlier process exits' &&
  !(type === 'instance.exited' && !hasProcess(snapshot)) &&
  // Nothing of ours runs for an external workspace, so nothing of it can be held.
  !(
    !snapshot.context.owned &&
    ['operator.paused', 'operator.hibernated', 'operator.removed', 'operator.rolledBack'].includes(type)
  ) &&
  // Only what is held can be released, and only what was looked up is outdated: drift has tests of its own.
  !(type === 'operator.released' && !holdsA(snapshot)) &&
  // What is known already is not told a second time.
  !(type === 'plugins.reported' && complete === true && !isPending(snapshot.context)) &&
  !COMES_OF_DRIFT.has(type);

const COMES_OF_DRIFT = new Set(['plugins.outdated', 'operator.dismissed']);

const holdsA = ({ context }: Snapshot): boolean =>
  context.plugins.suspicion.held.some(({ name }) => name === 'a');

const hasProcess = ({ context }: Snapshot): boolean =>
  context.incarnation > context.endedIncarnation &&
  !context.reason?.message.startsWith('It could not be started');

const model = exploreMachine({ follows: isDrivable });
const snapshotOf = (key: string): Snapshot => (model.nodes.get(key) as { snapshot: Snapshot }).snapshot;
const takenBy = ({ from, event }: Edge): string[] => transitionsTaken(snapshotOf(from), event);

type Story = { title: string; path: Edge[] };

/** A shortest path for every transition that is not on an earlier one. */
const storiesOfTransitions = ({ edges, nodes }: Model): Story[] => {
  const candidates = edges
    .filter(({ moved }) => moved)
    .map((edge) => [...(nodes.get(edge.from)?.path ?? []), edge])
    .toSorted((a, b) => a.length - b.length);
  const told = new Set<string>();
  const stories: Story[] = [];
  for (const path of candidates) {
    const last = path.at(-1) as Edge;
    const fresh = takenBy(last).filter((name) => !told.has(name));
    if (fresh.length === 0) continue;
    for (const edge of path) for (const name of takenBy(edge)) told.add(name);
    stories.push({ title: path.map(({ title }) => title).join(', then '), path });
  }
  // A path that is the beginning of another one is walked with it.
  return stories.filter(({ title }) => !stories.some((other) => other.title.startsWith(`${title}, `)));
};

/** From every state: the supervisor is restarted there, and then the shortest way into online is taken. */
const storiesOfRestore = ({ edges, nodes }: Model): Story[] => {
  const outgoing = Map.groupBy(edges, ({ from }) => from);
  const leaves = new Map([...nodes.values()].toReversed().map((node) => [leafOfKey(node.key), node]));
  return [...leaves].flatMap(([leaf, { key, path }]) => {
    const resumed = outgoing.get(key)?.find(({ event }) => event.type === 'supervisor.resumed');
    if (resumed === undefined || leaf === 'removing') return [];
    const onward = shortestWay(resumed.to, outgoing);
    return [{ title: `a snapshot taken in ${leaf} is restored`, path: [...path, resumed, ...onward] }];
  });
};

const shortestWay = (start: string, outgoing: Map<string, Edge[]>): Edge[] => {
  const seen = new Set([start]);
  const queue: { key: string; path: Edge[] }[] = [{ key: start, path: [] }];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    if (leafOfKey(at.key) === 'wanted.online.converged') return at.path;
    for (const edge of outgoing.get(at.key) ?? []) {
      if (seen.has(edge.to)) continue;
      seen.add(edge.to);
      queue.push({ key: edge.to, path: [...at.path, edge] });
    }
  }
  return [];
};

type Bench = {
  api: Api;
  id: string;
  token: () => string;
  clock: MemoryClock;
  hands: ReturnType<typeof createScriptedHands>;
  restartSupervisor: () => Promise<void>;
};

const POLICY = {
  offline_after: '60s',
  provision_within: '10m',
  restart_budget: 1,
  plugin_restart_budget: 1,
  plugin_tries: 2,
  resync_every: '1h',
  resync_jitter: '0s',
  stop_grace: '5s',
  plugin_probation: '0s',
};

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanUps.splice(0).toReversed()) await clean();
});

const setUp = async (owned: boolean): Promise<Bench> => {
  const data = createDataFolder();
  cleanUps.push(data.remove);
  const clock = createMemoryClock();
  const hands = createScriptedHands();
  const config = loadConfig({
    flags: { data: data.path, port: '0' },
    env: { KEEPWELL_ADMIN_TOKEN: ADMIN_TOKEN },
  });
  const open = () => assemble(config, { clock, log: pino({ level: 'silent' }), around: hands.around });
  let keepwell = open();
  const bench = { clock, hands } as Bench;
  cleanUps.push(async () => {
    await keepwell.close();
    stopAgents(data.path);
  });
  bench.api = createApi(await keepwell.start());
  bench.restartSupervisor = async () => {
    await keepwell.close();
    keepwell = open();
    bench.api = createApi(await keepwell.start());
  };
  const created = await bench.api.post('/workspaces', {
    name: 'w',
    ...(owned ? { command: ['/bin/sleep', '600'] } : { external: true }),
    plugins: ['local://a', 'local://b'],
    policy: POLICY,
  });
  bench.id = created.id;
  bench.token = () => (owned ? tokenOf(data.path, created.id) || ADMIN_TOKEN : created.auth_token);
  return bench;
};

/** Turns what the model says happens into what makes it happen. */
const drive = async (bench: Bench, { event, from }: Edge): Promise<void> => {
  const { api, id, hands, clock } = bench;
  const settlesProvision = event.type === 'xstate.done.actor.provision';
  if (leafOfKey(from) === 'wanted.provisioning' && !settlesProvision) await startProcess(bench);
  switch (event.type) {
    case 'heartbeat.received':
      return void (await api.beat(id, bench.token(), beatOf(String(event.beat))));
    case 'agent.registered':
      return void (await api.request('POST', '/registry/register', { id }, { token: bench.token() }));
    case 'lease.expired': {
      const { lease_expires_at } = await api.view(id);
      return clock.advance(Date.parse(lease_expires_at) - clock.now());
    }
    case 'deadline.passed':
      return passDeadline(bench);
    case 'instance.exited':
      return killInstance(bench);
    case 'spec.changed':
      return void (await (event.restart
        ? api.request('PATCH', `/workspaces/${id}`, { env: { CHANGED: String(clock.now()) + Math.random() } })
        : api.request('PATCH', `/workspaces/${id}`, { role: String(Math.random()) })));
    case 'operator.rolledBack':
      return void (await api.request('POST', `/workspaces/${id}/plugins/rollback`, { to: EARLIER }));
    case 'operator.updated':
      return void (await api.request('POST', `/workspaces/${id}/plugins/update`, {}));
    case 'operator.released':
      return void (await api.request('POST', `/workspaces/${id}/plugins/a/release`));
    case 'secrets.changed': {
      const values = { SECRET: String(Math.random()) };
      return void (await api.request('PUT', `/workspaces/${id}/secrets`, { values }));
    }
    case 'plugins.reported': {
      const report = hands.reportOf(event.complete === true);
      return void (await api.request('POST', `/workspaces/${id}/plugin-install-report`, report, {
        token: bench.token(),
      }));
    }
    case 'operator.removed':
      return void (await api.request('DELETE', `/workspaces/${id}`));
    case 'supervisor.resumed':
      return bench.restartSupervisor();
    case 'xstate.done.actor.reconcile':
      await eventually('the reconcile being under way', async () => hands.plugins.isWaiting());
      return void hands.plugins.release(event.title as string);
    case 'xstate.done.actor.provision':
    case 'xstate.done.actor.stop':
    case 'xstate.done.actor.rollback':
    case 'xstate.done.actor.destroy': {
      await eventually('the effect being under way', async () => hands.instances.isWaiting());
      return void hands.instances.release(instanceOutcome(event));
    }
    default: {
      const verb = VERB_OF[event.type];
      if (verb === undefined) throw new Error(`nothing drives ${event.type}`);
      return void (await api.request('POST', `/workspaces/${id}/${verb}`));
    }
  }
};

/** Nothing holds the start back while something else is what the path is about. */
const startProcess = (bench: Bench): Promise<unknown> =>
  eventually('the process being started', async () => {
    if (await hasRow(bench, ['instance.started', 'instance.adopted'])) return true;
    if (bench.hands.instances.isWaiting()) bench.hands.instances.release('running');
    return false;
  });

const VERB_OF: Record<string, string> = {
  'operator.restarted': 'restart',
  'operator.paused': 'pause',
  'operator.resumed': 'resume',
  'operator.hibernated': 'hibernate',
  'operator.woke': 'wake',
  'operator.retried': 'retry',
  'operator.reconciled': 'reconcile',
};

const beatOf = (beat: string): object =>
  ({
    healthy: { error_rate: 0.3 },
    recovered: { error_rate: 0 },
    failing: { error_rate: 0.7 },
    wedged: { runtime_state: 'wedged' },
  })[beat] as object;

const instanceOutcome = ({ type, title, output }: ModelEvent): string => {
  const { kind } = output as { kind: string };
  if (kind === 'failed') return type.endsWith('provision') ? 'failed' : 'stop fails';
  if (type.endsWith('rollback')) return String(title);
  return kind;
};

/** Moves on to the armed deadline; an agent that is judged by its beats beats on the way. */
const passDeadline = async ({ api, id, clock, token }: Bench): Promise<void> => {
  const { deadline, status } = await api.view(id);
  const due = Date.parse(deadline.at);
  if (clock.now() >= due) await clock.advance(1);
  while (clock.now() < due) {
    if (status === 'online') await api.beat(id, token(), { error_rate: 0.3 });
    await clock.advance(Math.min(30_000, due - clock.now()));
  }
};

const killInstance = async (bench: Bench): Promise<void> => {
  const started = (await bench.api.history(bench.id)).findLast(({ event }) => event === 'instance.started');
  process.kill(started.cause.pid, 'SIGKILL');
};

const hasRow = async ({ api, id }: Bench, events: string[]): Promise<boolean> => {
  const rows = await api.history(id);
  const begun = rows.findLastIndex(
    ({ event, from, to }) => to === 'wanted.provisioning' && (from !== to || event === 'supervisor.resumed'),
  );
  return rows.findLastIndex(({ event }) => events.includes(event)) > begun;
};

const transitionsSoFar = async ({ api, id }: Bench): Promise<Answer[]> =>
  (await api.history(id)).filter(({ kind }) => kind === 'transition');

/** Every entry into online has exactly one outcome before the next one: settled, failed or superseded. */
const expectOneOutcomeEach = (rows: Answer[]) => {
  let open = false;
  for (const { event, from, to } of rows) {
    const leaves = from === 'wanted.online.reconciling';
    if (leaves) {
      expect(open, `${event} ends a reconcile that began`).toBe(true);
      open = false;
    }
    if (to === 'wanted.online.reconciling') open = true;
  }
};

const walked = new Set<string>();
const visited = new Set<string>();

const walk = async (path: Edge[]): Promise<void> => {
  const owned = snapshotOf((path[0] as Edge).from).context.owned;
  const bench = await setUp(owned);
  let rows = await transitionsSoFar(bench);
  for (const edge of path) {
    await drive(bench, edge);
    const expected = leafOfKey(edge.to);
    const before = rows.length;
    rows = await eventually(
      `${edge.title}: ${leafOfKey(edge.from)} -> ${expected}`,
      async () => {
        const now = await transitionsSoFar(bench);
        const arrived = now.at(-1).to === expected && (now.length > before || !edge.moved);
        return arrived ? now : null;
      },
      8_000,
    ).catch(async (error: Error) => {
      const last = (await transitionsSoFar(bench))
        .slice(-4)
        .map(({ event, from, to }) => `${event}: ${from} -> ${to}`);
      throw new Error(`${error.message}; last: ${last.join('; ')}`);
    });
    for (const name of takenBy(edge)) walked.add(name);
    visited.add(expected);
  }
  expectOneOutcomeEach(rows);
};

const isErrorEdge = (name: string): boolean => name.includes('xstate.error');
const isDrift = (name: string): boolean => [...COMES_OF_DRIFT].some((type) => name.includes(`: ${type} `));
const notDriven = (name: string): boolean =>
  isErrorEdge(name) || isDrift(name) || name.startsWith('wanted.starting:');

describe('every transition of the machine, in the real program', () => {
  visited.add(leafOfKey(keyOf(snapshotOf([...model.nodes.keys()][0] as string))));

  for (const { title, path } of storiesOfTransitions(model)) it(title, () => walk(path));

  for (const { title, path } of storiesOfRestore(model)) it(title, () => walk(path));

  afterAll(() => {
    const all = [...allTransitions()].filter((name) => !notDriven(name));
    const leaves = new Set([...model.nodes.keys()].map(leafOfKey));
    const tallies = {
      states: { all: leaves, covered: visited },
      transitions: { all: new Set(all), covered: walked },
      'ways into online': {
        all: new Set([...allWaysIntoOnline()].filter((name) => !notDriven(name))),
        covered: walked,
      },
    };
    console.log('walked by the real program');
    for (const [title, tally] of Object.entries(tallies)) printTally(title, tally);
    for (const tally of Object.values(tallies)) expect(missing(tally)).toEqual([]);
  });
});
