import { type DurationMs, type EpochMs, MINUTE } from '../../../machines/time.ts';
import { DEFAULT_POLICY } from '../../../machines/workspace/policy.ts';
import { createReconciler } from '../../reconcile/reconciler.ts';
import type { Store } from '../../supervisor/ports.ts';
import { createSupervisor, type RunningSupervisor } from '../../supervisor/supervisor.ts';
import type { Life } from '../memory/life.ts';
import { createMemoryDice } from '../memory/memory-dice.ts';
import { memoryHasher } from '../memory/memory-hasher.ts';
import type { MemoryInstances } from '../memory/memory-instances.ts';
import { createMemoryPlugins, type MemoryShelf, type PluginSources } from '../memory/memory-plugins.ts';
import { createMemoryRuntime } from '../memory/memory-runtime.ts';
import { type MemoryDisk, type MemoryStore, openMemoryStore } from '../memory/memory-store.ts';
import { createMemoryVault, type MemoryKeys } from '../memory/memory-vault.ts';
import { seededRandom } from '../memory/seeded-random.ts';
import type { Disturbances } from './disturbances.ts';
import { createInbox, type Inbox } from './inbox.ts';
import type { Timeline } from './timeline.ts';
import type { Watch } from './watch.ts';

/** What outlives every supervisor. */
export type Machine = {
  disk: MemoryDisk;
  shelf: MemoryShelf;
  sources: PluginSources;
  instances: MemoryInstances;
  keys: MemoryKeys;
};

export type SupervisorLife = {
  supervisor: RunningSupervisor;
  store: MemoryStore;
  inbox: Inbox;
  isOver(): boolean;
  /** It dies `steps` boundaries from now, or after some time in which it passes none. */
  doom(steps: number, onDeath: () => void): void;
};

type Level = 'info' | 'warn' | 'error';

type Options = {
  machine: Machine;
  timeline: Timeline;
  wall: () => EpochMs;
  turn: () => Promise<void>;
  seed: number;
  beatIntervalMs: number;
  journalCap: number;
  disturbances: Disturbances;
  watch: Watch;
  counts: { steps: number; looks: number; fetches: number };
  /** Told of what it logs. */
  onLog: (level: Level, message: string, details: { err?: unknown }) => void;
};

/** For how long the silence of most of the fleet is not believed here. */
export const SILENCE_HOLD_MS: DurationMs = 10 * MINUTE;
/** A dying supervisor that comes past no boundary is dead by then. */
const LINGERS_MS = 60_000;
const NEVER = new Promise<never>(() => undefined);

/** Opens the real supervisor over the machine as it is, as a restart does. What it was doing when it dies stays undone. */
export const beginLife = (options: Options): SupervisorLife => {
  const { machine, timeline, wall, turn, seed, disturbances, watch, counts, onLog } = options;
  const inbox = createInbox(timeline, wall, async () => (over ? NEVER : turn()));
  let over = false;
  let doom: { steps: number; onDeath: () => void } | null = null;

  const die = (): void => {
    if (over) return;
    over = true;
    inbox.end();
    doom?.onDeath();
  };
  const passesDoom = (): boolean => {
    counts.steps += 1;
    if (doom !== null) {
      doom.steps -= 1;
      if (doom.steps < 0) die();
    }
    return over;
  };
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => void timeline.after(ms, () => inbox.deliver(resolve)));

  /** Waits, and fails, as its hands do now. */
  const dwell = async (ms: number, problem: string | null): Promise<void> => {
    if (ms > 0) await sleep(ms);
    if (problem !== null) throw new Error(problem);
  };

  const later = async (work: () => Promise<void>): Promise<void> => {
    await inbox.untilMoving();
    await work();
  };

  const life: Life = {
    step(what, whom) {
      if (over || passesDoom()) return NEVER;
      if (what === 'sets.look' && whom !== null) watch.looked(whom);
      if (what === 'plugins.fetch') counts.fetches += 1;
      const { ms, problem } = disturbances.at(what, whom);
      if (inbox.isStalled()) return later(() => dwell(ms, problem));
      return ms > 0 || problem !== null ? dwell(ms, problem) : undefined;
    },
    instant: () => void passesDoom(),
    isOver: () => over,
  };

  const store = openMemoryStore({
    disk: machine.disk,
    clock: inbox.clock,
    life,
    journalCap: options.journalCap,
  });
  const random = seededRandom(seed);
  const told = (level: Level) => (details: object, message: string) => {
    if (!over) onLog(level, message, details);
  };
  const supervisor = createSupervisor({
    store: watched(store, watch, () => over),
    runtimes: {
      process: createMemoryRuntime('process', machine.instances, life),
      external: createMemoryRuntime('external', machine.instances, life),
    },
    reconciler: (host) =>
      createReconciler({
        ...createMemoryPlugins(machine.shelf, machine.sources, { life, now: wall }),
        checkAllowed: () => undefined,
        ...host,
      }),
    vault: createMemoryVault(machine.keys, random),
    hasher: memoryHasher,
    clock: inbox.clock,
    dice: createMemoryDice(random, wall),
    log: { debug: () => undefined, info: told('info'), warn: told('warn'), error: told('error') },
    adminToken: 'admin',
    policyDefaults: DEFAULT_POLICY,
    beatIntervalMs: options.beatIntervalMs,
    silenceHoldMs: SILENCE_HOLD_MS,
    enrolment: 'closed',
  });

  return {
    supervisor,
    store,
    inbox,
    isOver: () => over,
    doom(steps, onDeath) {
      doom = { steps, onDeath };
      if (steps === 0) die();
      else timeline.after(LINGERS_MS, die);
    },
  };
};

/** Lets the watch hear of every decision when it is made. */
const watched = (store: Store, watch: Watch, isOver: () => boolean): Store => ({
  ...store,
  commit(change) {
    if (!isOver()) watch.changed(change);
    return store.commit(change);
  },
  async create(workspace) {
    await store.create(workspace);
    if (isOver()) await NEVER;
    watch.created(workspace);
  },
});
