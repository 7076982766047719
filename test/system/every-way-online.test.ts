import pino from 'pino';
import { afterAll, describe, expect, it } from 'vitest';
import { renewsLeaseOnly } from '../../machines/workspace/beat.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';
import { loadConfig } from '../../src/config.ts';
import { assemble } from '../../src/main.ts';
import { coverage, runPath } from '../../src/testing/index.ts';
import { createMemoryClock } from '../../src/testing/memory/memory-clock.ts';
import type { Path, Step } from '../../src/testing/paths/types.ts';
import { BEATS } from '../../src/testing/paths/workspace-cases.ts';
import { missing, printTally } from '../machines/coverage.ts';
import { differences, wrongOutcomes } from './compared.ts';
import { arrive, type Bench, beatOf, drive, transitionsSoFar } from './drive.ts';
import { drivenPaths, follow, isOwned, onward, stepNamed, WAYS_INTO_ONLINE } from './driven-paths.ts';
import { ADMIN_TOKEN, createApi, createDataFolder, stopAgents, tokenOf } from './program.ts';
import { createScriptedHands } from './scripted-hands.ts';

/**
 * Paths are generated from the machine and walked by the real supervisor: HTTP over a socket, a SQLite file, real
 * processes, with a clock that the test moves. After every step the program must be where the machine says, and where
 * the reference model says.
 */

/** Budgets and lengths of the generated paths. */
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

type Opened = Bench & { close(): Promise<void> };

const openBench = async (owned: boolean): Promise<Opened> => {
  const data = createDataFolder();
  const clock = createMemoryClock();
  const hands = createScriptedHands();
  const config = loadConfig({
    flags: { data: data.path, port: '0' },
    env: { KEEPWELL_ADMIN_TOKEN: ADMIN_TOKEN, KEEPWELL_PLUGIN_CHECK_EVERY: '1m' },
  });
  const open = () => assemble(config, { clock, log: pino({ level: 'silent' }), around: hands.around });
  let keepwell = open();
  let api = createApi(await keepwell.start());
  const { id, auth_token } = await api.post('/workspaces', {
    name: 'w',
    ...(owned ? { command: ['/bin/sleep', '600'] } : { external: true }),
    plugins: ['a', 'b'].map((name) => ({ source: `local://${name}`, track: 'auto', config: { of: 'w' } })),
    policy: POLICY,
  });
  hands.introduce(id, 'w');
  const hand = hands.of(id);
  return {
    get api() {
      return api;
    },
    id,
    beatEveryMs: 30_000,
    token: () => (owned ? tokenOf(data.path, id) || ADMIN_TOKEN : auth_token),
    now: () => clock.now(),
    advance: (ms) => clock.advance(ms),
    hands: {
      isWaiting: async (door) => hand[door].isWaiting(),
      async release(door, outcome) {
        await hand[door].waitedAt();
        hand[door].release(outcome);
      },
      report: (complete) => hands.reportOf(id, complete),
      async setNewer(hasNewer) {
        hands.setNewer(hasNewer);
      },
    },
    async restartSupervisor() {
      await keepwell.close();
      keepwell = open();
      api = createApi(await keepwell.start());
    },
    async close() {
      await keepwell.close();
      stopAgents(data.path);
      data.remove();
    },
  };
};

const walked: Path[] = [];
let steps = 0;
let proofs = 0;

const walk = async (path: Path): Promise<void> => {
  const bench = await openBench(isOwned(path));
  let rows = await transitionsSoFar(bench);
  try {
    await runPath(path, {
      events: {
        async '*'(step) {
          await drive(bench, step);
          rows = await arrive(bench, rows.length, step);
          if (step.to !== 'removed') expect(differences(rows, await bench.api.view(bench.id))).toEqual([]);
          steps += 1;
        },
      },
      state: () => rows.at(-1).to,
    });
    expect(wrongOutcomes(rows)).toEqual([]);
    await proveGate(bench, path);
    walked.push(path);
  } finally {
    await bench.close();
  }
};

/** Wherever the gate holds a beat back, nothing but the lease is another one after it. */
const proveGate = async (bench: Bench, path: Path): Promise<void> => {
  const snapshot = follow(path);
  if (snapshot.status === 'done') return;
  for (const beat of BEATS.filter((each) => renewsLeaseOnly(snapshot.tags, each))) {
    const before = await bench.api.history(bench.id);
    const reply = await bench.api.beat(bench.id, bench.token(), beatOf(beat));
    const { status } = snapshot.context;
    if (status === 'removed') expect(reply.status).toBe(410);
    else expect(reply.body, beat).toMatchObject({ status: 'ok', workspace_status: status });
    expect(await bench.api.history(bench.id), `${beat} in ${path.to}`).toEqual(before);
    proofs += 1;
  }
};

/** From every state: the supervisor is restarted there, and then the shortest way into online is taken. */
const restoring = (path: Path): Path[] => {
  if (path.to === 'removing' || path.to === 'removed') return [];
  const { step, after } = stepNamed(follow(path), 'supervisor.resumed');
  const isThere = ({ to }: Step) => to === 'wanted.online.converged';
  const rest = step.to === 'wanted.online.converged' ? [] : onward(after, isThere);
  if (rest === null) throw new Error(`no way leads from ${step.to} into online`);
  const all = [...path.steps, step, ...rest];
  return [
    {
      ...path,
      title: `a snapshot taken in ${path.to} is restored`,
      steps: all,
      to: 'wanted.online.converged',
    },
  ];
};

/** One path to every state. */
const nearest = (): Path[] => {
  const found = new Map<string, Path>();
  for (const { steps: all, ...path } of drivenPaths({ strategy: 'transitions' }))
    for (let length = 0; length <= all.length; length += 1) {
      const to = all[length - 1]?.to ?? path.from;
      const known = found.get(to);
      if (known === undefined || known.steps.length > length)
        found.set(to, { ...path, steps: all.slice(0, length), to });
    }
  return [...found.values()];
};

describe('every transition of the machine, in the real program', () => {
  for (const path of drivenPaths({ strategy: 'transitions' })) it(path.title, () => walk(path));

  for (const path of nearest().flatMap(restoring)) it(path.title, () => walk(path));

  afterAll(() => {
    const { states, transitions, pairs } = coverage(walked, workspaceMachine);
    // An effect of ours never rejects.
    for (const id of transitions.all) if (id.includes('xstate.error')) transitions.all.delete(id);
    // Of all that the definition has, guards aside; these are possible, and the program takes some of them.
    const ofMachine = coverage(drivenPaths({ strategy: 'pairs' }), workspaceMachine).pairs;
    const ways = { all: new Set(WAYS_INTO_ONLINE), covered: transitions.covered };
    console.log(`walked by the real program, ${walked.length} paths, ${steps} steps compared`);
    printTally('states', states);
    printTally('transitions', transitions);
    printTally('transition pairs', { all: ofMachine.covered, covered: pairs.covered });
    printTally('  in the machine alone', ofMachine);
    printTally('ways into online', ways);
    console.log(`gate proofs              ${String(proofs).padStart(4)}`);
    for (const tally of [states, transitions, ways]) expect(missing(tally)).toEqual([]);
  });
});
