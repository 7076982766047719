/** Wraps the real runtime and plugin folders so that a test decides when an effect goes on, and with what outcome. */

import type { InstalledSet, PluginGeneration } from '../../machines/reconcile/outcome.ts';
import type { PluginDeclaration } from '../../machines/workspace/spec.ts';
import { KeepwellError } from '../../src/errors.ts';
import type { Wrappers } from '../../src/main.ts';
import type { CachedPlugin, PluginSets } from '../../src/reconcile/ports.ts';
import { createGate, REALLY } from './gate.ts';

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

/** What a reference stands for after its plugin was changed. */
const NEWER = { revision: null, treeHash: 'e'.repeat(64) };

/** Number of a plugin generation that one may go back to. */
export const EARLIER = 999_999;
/** Real plugin generations are counted from here, so that they follow those that were only told of. */
const REAL = 1_000_000;

/** Where a reconcile that works for real can be held. */
export const BOUNDARIES = ['planning', 'fetching', 'staging', 'switching', 'recording'] as const;
export type Boundary = (typeof BOUNDARIES)[number];

const createHand = () => ({
  instances: createGate('a start or stop'),
  plugins: createGate('a reconcile'),
  started: 'running',
  stopped: '',
  outcome: '',
  /** Of the plugins that were only told of. */
  generation: 0,
  /** Whether plugins are put in place for real. */
  isReal: false,
  holdAt: null as Boundary | null,
  held: createGate('what is held'),
  isDiskFull: false,
  /** Sets that could not be staged for real. */
  unstaged: 0,
});

type Hand = ReturnType<typeof createHand>;

/** Hands for any number of workspaces. A plugin's `config.of` says whose it is: its fetch knows nothing else. */
export const createScriptedHands = () => {
  const hands = new Map<string, Hand>();
  let hasNewer = false;
  let sets: PluginSets;
  const idOf = new Map<string, string>();
  const of = (id: string): Hand => {
    const hand = hands.get(id) ?? createHand();
    hands.set(id, hand);
    return hand;
  };
  const ownerOf = ({ config }: PluginDeclaration): Hand | undefined => {
    const id = idOf.get(String(config?.of));
    return id === undefined ? undefined : of(id);
  };
  const hold = async (hand: Hand, at: Boundary): Promise<void> => {
    if (hand.holdAt === at) await hand.held.wait();
  };

  const around: Partial<Wrappers> = {
    runtime: (real) => ({
      ...real,
      async check(spec) {
        const hand = of(spec.workspaceId);
        hand.started = await hand.instances.wait();
        if (hand.started === REALLY) return real.check(spec);
        return hand.started === 'declined' ? DECLINED : null;
      },
      async start(spec) {
        if (of(spec.workspaceId).started === 'failed') throw new Error('The driver did not answer.');
        return real.start(spec);
      },
      async stop(id, graceMs) {
        const hand = of(id);
        // Where a successor was asked about first, that was told how the stop ends.
        const decided = STARTS.has(hand.started) ? await hand.instances.wait() : hand.started;
        hand.started = '';
        hand.stopped = decided;
        if (decided === 'stop fails') throw new Error('The driver did not answer.');
        return real.stop(id, graceMs);
      },
    }),
    cache: (real) => ({
      async resolve(declaration, signal) {
        if (hasNewer) return NEWER;
        return ownerOf(declaration)?.isReal
          ? real.resolve(declaration, signal)
          : { revision: null, treeHash: null };
      },
      async fetch(declaration, revision, signal) {
        const hand = ownerOf(declaration);
        if (hand?.isReal) {
          await hold(hand, 'fetching');
          return real.fetch(declaration, revision, signal);
        }
        const { name } = declaration;
        if (name === 'b' && hand?.outcome.includes('leaves one out')) throw new Error('It is not there.');
        return plugin(name);
      },
      // What was only told of is in no cache.
      verify: async (cached, signal) =>
        cached.treeHash === plugin(cached.name).treeHash ? undefined : real.verify(cached, signal),
    }),
    sets: (real) => {
      sets = scriptedSets(real, of, hold);
      return sets;
    },
  };

  return {
    around,
    of,
    /** Says which workspace a name belongs to, and what it was told of its plugins before. */
    introduce(id: string, name: string, known: Partial<Pick<Hand, 'generation' | 'isReal'>> = {}): void {
      idOf.set(name, id);
      Object.assign(of(id), known);
    },
    /** Whether references stand for something newer than what is installed anywhere. */
    setNewer(has: boolean): void {
      hasNewer = has;
    },
    /** What an agent elsewhere says of its plugins. */
    async reportOf(id: string, complete: boolean) {
      const { generation, plugins } = (await sets.history(id)).find(({ inForce }) => inForce) ?? NOTHING;
      return {
        generation: complete ? generation : generation + 1,
        plugins: plugins.map(({ name, treeHash }) => ({ name, tree_hash: treeHash })),
      };
    },
  };
};

const NOTHING = { generation: 0, plugins: [] } satisfies Partial<PluginGeneration>;

/** What is told of plugins until they are put in place for real. */
const scriptedSets = (
  real: PluginSets,
  of: (id: string) => Hand,
  hold: (hand: Hand, at: Boundary) => Promise<void>,
): PluginSets => ({
  async installed(id) {
    const hand = of(id);
    hand.outcome = await hand.plugins.wait();
    hand.isReal ||= hand.outcome === REALLY;
    if (hand.isReal) {
      await hold(hand, 'planning');
      return asLater(await real.installed(id), hand.generation);
    }
    if (hand.outcome.includes('cannot be carried out')) throw new Error('The disk is full.');
    return { generation: hand.generation, plugins: presentFor(hand.outcome), switches: [] };
  },
  async stage(id, plugins, change, signal) {
    const hand = of(id);
    if (hand.isReal) {
      await hold(hand, 'staging');
      try {
        if (hand.isDiskFull) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        return REAL + (await real.stage(id, plugins, change, signal));
      } catch (error) {
        hand.unstaged += 1;
        throw error;
      }
    }
    hand.generation += 1;
    return hand.generation;
  },
  async activate(id, generation, options) {
    const hand = of(id);
    if (!hand.isReal) return;
    await hold(hand, 'switching');
    await real.activate(id, generation - REAL, options);
    await hold(hand, 'recording');
  },
  async restore(id, to, options) {
    const hand = of(id);
    if (hand.stopped === 'there is no way back') throw new KeepwellError('PLUGIN_GENERATION_NOT_FOUND');
    if (hand.isReal) {
      const back = await real.restore(id, Math.max(0, to - REAL), options);
      return { ...back, generation: back.generation + REAL };
    }
    hand.generation += 1;
    const taken = hand.stopped.includes('two plugins') ? ['a', 'b'] : ['a'];
    return { generation: hand.generation, changed: taken.map(plugin) };
  },
  async history(id) {
    const { isReal, generation } = of(id);
    if (isReal) return (await real.history(id)).map((one) => ({ ...one, generation: one.generation + REAL }));
    const inForce: PluginGeneration = {
      generation,
      builtAt: null,
      restoredFrom: null,
      inForce: true,
      changed: [],
      plugins: generation === 0 ? [] : [plugin('a')],
    };
    return [inForce, { ...inForce, generation: EARLIER, inForce: false, plugins: [plugin('b')] }];
  },
  download: (id, name) => real.download(id, name),
  async generationInForce(id) {
    const { isReal, generation } = of(id);
    const there = isReal ? await real.generationInForce(id) : 0;
    return there > 0 ? there + REAL : generation;
  },
});

const asLater = ({ generation, switches, ...set }: InstalledSet, before: number): InstalledSet => ({
  ...set,
  generation: generation === 0 ? before : generation + REAL,
  switches: switches.map((one) => ({ ...one, generation: one.generation + REAL })),
});

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
