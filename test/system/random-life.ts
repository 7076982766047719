/** A long life of a few workspaces in which anything may happen at any time, the same for the same seed. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Wrappers } from '../../src/main.ts';
import { createRepository } from '../plugins/support/git-repository.ts';
import { scratch } from '../plugins/support/scratch.ts';
import { livingInstances } from './instances.ts';
import { IDLE, openForTest } from './played-agents.ts';
import { type Answer, eventually, offerPlugin } from './program.ts';

const SECOND = 1_000;

/** Small budgets and short waits, so that a short life meets their ends. */
const POLICY = {
  offline_after: '60s',
  provision_within: '5m',
  restart_budget: 3,
  restart_window: '10m',
  restart_backoff: '5s',
  restart_backoff_max: '20s',
  stop_grace: '2s',
  plugin_tries: 3,
  plugin_retry_slow: '5m',
};

const VERBS = ['restart', 'pause', 'resume', 'hibernate', 'wake', 'retry', 'reconcile'];
const BEATS = [{}, {}, { error_rate: 0.3 }, { error_rate: 0.9 }, { runtime_state: 'wedged' }];
const REGISTRY = ['red', 'green', 'blue'];
/** States in which nothing of ours is under way. */
const QUIET =
  /^(wanted\.(online\.(converged|blocked|delivering)|degraded|offline|failed|awaitingAgent)|resting\.(paused|hibernated)|removed)$/;

export type Dice = { roll(): number; upTo(most: number): number; of<T>(list: readonly T[]): T };

/** Numbers that look random and are the same for the same seed (mulberry32). */
export const seededDice = (seed: number): Dice => {
  let state = seed;
  const roll = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const upTo = (most: number) => Math.floor(roll() * most);
  return { roll, upTo, of: (list) => list[upTo(list.length)] as (typeof list)[number] };
};

type Act = (workspaceId: string) => unknown;

const often = (times: number, act: Act): Act[] => Array.from({ length: times }, () => act);

/** Counts the work of the hands, and keeps what must never be seen. */
const createWatch = () => {
  const counts = { fetched: 0, staged: 0, started: 0 };
  const violations: string[] = [];
  const staging = new Map<string, Set<AbortSignal>>();
  const around: Partial<Wrappers> = {
    cache: (real) => ({
      ...real,
      fetch(...args) {
        counts.fetched += 1;
        return real.fetch(...args);
      },
    }),
    runtime: (real) => ({
      ...real,
      start(spec) {
        counts.started += 1;
        return real.start(spec);
      },
    }),
    sets: (real) => ({
      ...real,
      async stage(id, plugins, change, signal) {
        counts.staged += 1;
        const others = staging.get(id) ?? new Set();
        if ([...others].some(({ aborted }) => !aborted)) violations.push(`two reconciles of ${id} at a time`);
        staging.set(id, others.add(signal));
        try {
          return await real.stage(id, plugins, change, signal);
        } finally {
          others.delete(signal);
        }
      },
    }),
  };
  return { counts, violations, around };
};

export const beginLife = async (dice: Dice) => {
  const watch = createWatch();
  const test = await openForTest({ around: watch.around });
  const { program, beat, patch, create } = test;
  const repo = await createRepository(join(await scratch(), 'branch'));
  const offer = (name: string) => offerPlugin(program.data, name, { 'tool.py': `${dice.roll()}\n` });
  await repo.commit({ 'tool.py': 'first\n' });
  for (const name of REGISTRY) await offer(name);
  const sources = [...REGISTRY.map((name) => `local://${name}`), `${repo.url}#main`];

  const ids: string[] = [];
  for (const [name, runs] of Object.entries({
    a: { command: IDLE },
    b: { command: IDLE },
    gone: { command: IDLE },
    ext: { external: true },
  })) {
    const { id } = await create({ name, ...runs, plugins: [sources[0]], allow_empty: true, policy: POLICY });
    ids.push(id);
  }
  const [, , gone, external] = ids as [string, string, string, string];
  /** Workspaces whose installed plugins somebody changed since they were last found whole. */
  const tampered = new Set<string>();
  const removed = new Set<string>();

  const view = async (id: string): Promise<Answer> =>
    (await program.api.request('GET', `/workspaces/${id}`)).body;

  const ifQuiet = async (id: string): Promise<Answer> => {
    const { status, body } = await program.api.request('GET', `/workspaces/${id}`);
    if (status === 410) return { state: 'removed', status: 'removed' };
    if (QUIET.test(body.state)) return body;
    const runs = livingInstances(id).some(({ incarnation }) => incarnation === body.incarnation);
    return body.state === 'wanted.provisioning' && runs ? body : null;
  };
  const quiet = (id: string): Promise<Answer> => eventually('nothing being under way', () => ifQuiet(id));

  const pass = async (ms: number, silent: string | null = null): Promise<void> => {
    const end = program.clock.now() + ms;
    while (program.clock.now() < end) {
      const { items } = await program.api.get('/workspaces?status=online');
      for (const { id } of items) if (id !== silent) await beat(id, { error_rate: 0.3 });
      await program.clock.advance(Math.min(25 * SECOND, end - program.clock.now()));
    }
  };

  const kill = (id: string): void => {
    for (const { pid } of livingInstances(id)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself meanwhile.
      }
    }
  };

  const verb = (id: string, word: string) => program.api.request('POST', `/workspaces/${id}/${word}`);

  const patchOwned = (id: string, change: object) =>
    id === external ? Promise.resolve(null) : patch(id, change);

  const passDeadline = async (id: string) => {
    const { deadline } = await view(id);
    if (deadline) await pass(Math.max(0, Date.parse(deadline.at) - program.clock.now()));
  };

  const tamper = (id: string) => {
    const name = dice.of([...REGISTRY, 'branch']);
    const folder = join(program.data, 'workspaces', id, 'configs', 'plugins', name);
    if (!existsSync(folder)) return;
    writeFileSync(join(folder, 'tool.py'), 'tampered\n');
    tampered.add(id);
  };

  const withdraw = (name: string) =>
    rmSync(join(program.data, 'registry', name), { recursive: true, force: true });

  const restartSupervisor = (id: string) =>
    program.restartSupervisor(() => (dice.roll() < 0.3 ? kill(id) : undefined));

  const help = async (id: string) => {
    const { status, state, plugins } = await quiet(id);
    const helped: Record<string, string> = { paused: 'resume', hibernated: 'wake', failed: 'retry' };
    const word = state === 'wanted.online.blocked' ? 'retry' : helped[status];
    if (word !== undefined) await verb(id, word);
    for (const { name } of plugins?.held ?? [])
      await program.api.request('POST', `/workspaces/${id}/plugins/${name}/release`);
    if (id === external) await program.api.request('POST', '/registry/register', { id });
    await beat(id);
    if (id === external) await report(id);
  };

  /** What an agent elsewhere says once it has fetched its plugins. */
  const report = async (id: string): Promise<void> => {
    const lock = await program.api.request('GET', `/workspaces/${id}/plugins/lock`);
    if (lock.status === 200)
      await program.api.request('POST', `/workspaces/${id}/plugin-install-report`, lock.body);
  };

  /** Whether a workspace is where it should be. The end of its process may not have been noticed yet. */
  const isConverged = async (id: string): Promise<boolean> => {
    const { state, restart_pending, incarnation, plugins } = await quiet(id);
    const runs = id === external || livingInstances(id).some((living) => living.incarnation === incarnation);
    return state === 'wanted.online.converged' && !restart_pending && runs && plugins.held.length === 0;
  };

  const allConverged = (wanted: string[]) =>
    eventually('everybody being converged', async () => {
      for (const id of wanted) if (!(await isConverged(id))) await help(id);
      await pass(5 * SECOND);
      return (await Promise.all(wanted.map(isConverged))).every((is) => is);
    });

  /** What may happen, as often as it is likely. */
  const hat = [
    ...often(10, (id) => beat(id, dice.of(BEATS))),
    ...often(2, (id) => program.api.request('POST', '/registry/register', { id })),
    ...often(5, (id) => verb(id, dice.of(VERBS))),
    ...often(4, () => pass(dice.upTo(40) * SECOND)),
    ...often(4, passDeadline),
    ...often(2, (id) => pass(65 * SECOND, id)),
    ...often(3, kill),
    ...often(2, (id) => patch(id, { plugins: sources.filter(() => dice.roll() < 0.6) })),
    ...often(1, (id) => patch(id, { role: String(dice.upTo(1_000)) })),
    ...often(1, (id) => patchOwned(id, { env: { CHANGED: String(dice.roll()) } })),
    ...often(1, (id) => patchOwned(id, { command: dice.of([IDLE, ['/no/such/agent']]) })),
    ...often(1, () => offer(dice.of(REGISTRY))),
    ...often(1, () => withdraw(dice.of(REGISTRY))),
    ...often(1, () => repo.commit({ 'tool.py': `${dice.roll()}\n` })),
    ...often(1, tamper),
    ...often(1, (id) => program.api.request('POST', `/workspaces/${id}/plugins/rollback`, {})),
    ...often(1, (id) => program.api.request('POST', `/workspaces/${id}/plugins/update`, {})),
    ...often(1, (id) =>
      program.api.request('PUT', `/workspaces/${id}/secrets`, { values: { SECRET: String(dice.roll()) } }),
    ),
    ...often(2, () => report(external)),
    ...often(1, restartSupervisor),
  ];

  return {
    ...test,
    ids,
    gone,
    external,
    watch,
    view,
    quiet,
    pass,
    tampered,
    removed,
    async live(): Promise<string> {
      const id = dice.of(ids);
      await dice.of(hat)(id);
      return id;
    },
    async remove(id: string): Promise<void> {
      await program.api.request('DELETE', `/workspaces/${id}`);
      removed.add(id);
    },
    /** Mends everything, and helps every workspace that is not removed to where it should be. */
    async comeToRest(): Promise<void> {
      for (const name of REGISTRY) await offer(name);
      const wanted = ids.filter((id) => !removed.has(id));
      for (const id of wanted) await patchOwned(id, { command: IDLE });
      await allConverged(wanted);
      // Finds what was tampered with, and takes in what changed at the sources.
      for (const id of wanted) await verb(id, 'reconcile');
      await allConverged(wanted);
    },
  };
};

export type Life = Awaited<ReturnType<typeof beginLife>>;
