import type { DurationMs, EpochMs } from '../../../machines/time.ts';
import { createMemoryVault } from '../memory/memory-vault.ts';
import { ownSets } from '../memory/plugins/memory-shelf.ts';
import type { Agents } from './agents.ts';
import type { Hold } from './holds.ts';
import type { Facts, InForce, Seen } from './invariants/types.ts';
import { SECRETS } from './plan.ts';
import { type Machine, SILENCE_HOLD_MS, type SupervisorLife } from './supervisor-life.ts';

type Options = {
  machine: Machine;
  isThorough: boolean;
  now: () => EpochMs;
  wall: () => EpochMs;
  life: () => SupervisorLife | null;
  agents: () => Agents;
  hearingSince: () => EpochMs;
  workingSince: () => EpochMs;
  storingSince: () => EpochMs;
  clockSetAt: () => EpochMs;
  isBehind: () => boolean;
  intervalMs: DurationMs;
  fleet: () => Iterable<Seen>;
  hold: () => Hold;
};

/** What is so in a world, whoever thinks what of it. */
export const createFacts = ({
  machine,
  isThorough,
  now,
  wall,
  life,
  agents,
  hearingSince,
  workingSince,
  storingSince,
  clockSetAt,
  isBehind,
  intervalMs,
  fleet,
  hold,
}: Options): Facts => {
  const { disk, shelf, instances, keys } = machine;
  /** A row is never changed, so what is in it neither. */
  const opened = new WeakMap<object, string>();
  const vault = createMemoryVault(keys, () => 0.5);
  const inForce = (id: string): InForce => {
    const own = ownSets(shelf, id);
    const set = own.sets.get(own.inForce);
    return {
      generation: own.inForce,
      plugins: (set?.plugins ?? []).map(({ name, source, treeHash, coreHash }) => ({
        name,
        source,
        treeHash,
        coreHash,
        actualHash: set?.contents.get(name)?.treeHash ?? null,
      })),
    };
  };
  const secretOf = (place: string, name: string): string | undefined => {
    const row = disk.secrets.get(place)?.get(name);
    if (row === undefined) return undefined;
    const value = opened.get(row) ?? vault.open(row);
    opened.set(row, value);
    return value;
  };

  return {
    now,
    isThorough,
    wallNow: wall,
    inForce,
    instanceOf: (id) => {
      const one = instances.find(id);
      const started = agents().startedWith(id);
      return one === null || started === null ? null : started;
    },
    secretsOf: (id) => new Map(SECRETS.map((name) => [name, secretOf(id, name) ?? secretOf('', name)])),
    hearingSince,
    workingSince,
    storingSince,
    clockSetAt,
    isBehind,
    heard: (id) => agents().heard(id),
    promisedUntil: (id) => agents().promisedUntil(id),
    intervalMs: () => Math.max(intervalMs, Math.ceil((1000 * disk.names.size) / 200)),
    fleet,
    hold,
    silenceHoldMs: SILENCE_HOLD_MS,
    view: (id) => ask(() => life()?.supervisor.view(id)),
    why: (id) =>
      ask(() => {
        const why = life()?.supervisor.why(id);
        return why && { text: why.text, moves: why.next.length + why.operator.length };
      }),
    doubledInstances: () => instances.violations,
  };
};

/** Null where there is nobody to ask, or nothing to tell. */
const ask = <T>(question: () => T | undefined): T | null => {
  try {
    return question() ?? null;
  } catch {
    return null;
  }
};
