/** Wraps the real runtime and plugin folders so that a test decides when an effect goes on, and with what outcome. */

import type { InstalledSet } from '../../machines/reconcile/outcome.ts';
import { KeepwellError } from '../../src/errors.ts';
import type { Wrappers } from '../../src/main.ts';
import type { CachedPlugin } from '../../src/reconcile/ports.ts';

type Waiter = { go: (outcome: string) => void; abandon: () => void };

/** Effects wait here, one per workspace and kind, until the test says how they end. */
const createGate = (what: string) => {
  const waiting: Waiter[] = [];
  return {
    wait: (): Promise<string> =>
      new Promise((go, reject) => {
        waiting.push({ go, abandon: () => reject(new Error(`${what} was abandoned`)) });
      }),
    /** Lets the latest one go on; earlier ones belong to states that were left. */
    release(outcome: string): boolean {
      const latest = waiting.pop();
      for (const left of waiting.splice(0)) left.abandon();
      latest?.go(outcome);
      return latest !== undefined;
    },
    isWaiting: (): boolean => waiting.length > 0,
  };
};

/** How a start ends; nothing yet is one of them. */
const STARTS = new Set(['', 'running', 'declined', 'failed']);

const DECLINED = {
  kind: 'declined' as const,
  code: 'COMMAND_NOT_FOUND',
  message: 'There is no such command.',
  hint: 'Add it.',
};

const plugin = (name: string): CachedPlugin => ({
  name,
  source: `local://${name}`,
  revision: null,
  treeHash: 'a'.repeat(64),
  manifestHash: null,
  runtimes: [],
  coreHash: 'b'.repeat(64),
  restart: 'auto',
});

/** Number of a plugin generation that one may go back to. */
export const EARLIER = 999_999;

export const createScriptedHands = () => {
  const instances = createGate('a start or stop');
  const plugins = createGate('a reconcile');
  let started = 'running';
  let stopped = '';
  let outcome = '';
  let generation = 0;

  const around: Partial<Wrappers> = {
    runtime: (real) => ({
      ...real,
      async check() {
        started = await instances.wait();
        return started === 'declined' ? DECLINED : null;
      },
      async start(spec) {
        if (started === 'failed') throw new Error('The driver did not answer.');
        return real.start(spec);
      },
      async stop(id, graceMs) {
        // Where a successor was asked about first, that was told how the stop ends.
        const decided = STARTS.has(started) ? await instances.wait() : started;
        started = '';
        stopped = decided;
        if (decided === 'stop fails') throw new Error('The driver did not answer.');
        return real.stop(id, graceMs);
      },
    }),
    cache: () => ({
      resolve: async () => ({ revision: null, treeHash: null }),
      async fetch({ name }) {
        if (name === 'b' && outcome.includes('leaves one out')) throw new Error('It is not there.');
        return plugin(name);
      },
      verify: async () => undefined,
    }),
    sets: () => ({
      async installed(): Promise<InstalledSet> {
        outcome = await plugins.wait();
        if (outcome.includes('cannot be carried out')) throw new Error('The disk is full.');
        return { generation, plugins: presentFor(outcome), switches: [] };
      },
      async stage() {
        generation += 1;
        return generation;
      },
      activate: async () => undefined,
      async restore() {
        if (stopped === 'there is no way back') throw new KeepwellError('PLUGIN_GENERATION_NOT_FOUND');
        generation += 1;
        const taken = stopped.includes('two plugins') ? ['a', 'b'] : ['a'];
        return { generation, changed: taken.map(plugin) };
      },
      history: async () => [
        inForce(),
        { ...inForce(), generation: EARLIER, inForce: false, plugins: [plugin('b')] },
      ],
      async download() {
        throw new Error('Nothing is downloaded here.');
      },
      generationInForce: async () => generation,
    }),
  };

  const inForce = () => ({
    generation,
    builtAt: null,
    restoredFrom: null,
    inForce: true,
    changed: [],
    plugins: generation === 0 ? [] : [plugin('a')],
  });

  return {
    around,
    instances,
    plugins,
    /** What an agent elsewhere says of its plugins. */
    reportOf: (complete: boolean) => ({
      generation: complete ? generation : generation + 1,
      plugins: inForce().plugins.map(({ name, treeHash }) => ({ name, tree_hash: treeHash })),
    }),
  };
};

/** What lies on the disk of a workspace that declares `a` and `b`, so that the reconcile comes to the wanted outcome. */
const presentFor = (outcome: string): InstalledSet['plugins'] => {
  const there = (name: string, differs = {}) => ({ ...plugin(name), actualHash: 'a'.repeat(64), ...differs });
  switch (outcome) {
    case 'reconcile installs plugins':
      return [there('b')];
    case 'reconcile installs a text':
      return [there('a', { treeHash: 'c'.repeat(64), actualHash: 'd'.repeat(64) }), there('b')];
    case 'reconcile leaves one out':
      return [there('a')];
    case 'reconcile installs some and leaves one out':
      return [];
    default:
      return [there('a'), there('b')];
  }
};
