import type { EpochMs, Stamp } from '../../machines/time.ts';
import type { Policy } from '../../machines/workspace/policy.ts';
import type { RuntimeName } from '../../machines/workspace/spec.ts';
import type { ActorHost } from './actor-host.ts';
import type { Directory } from './directory.ts';
import type { Entry, EntryFacts } from './entry.ts';
import type { Idleness } from './idleness.ts';
import type { Leases } from './leases.ts';
import type { Dice, Runtime, Store } from './ports.ts';
import type { Schedules } from './schedules.ts';
import type { SecretKeeper } from './secret-keeper.ts';
import type { TokenIndex } from './tokens.ts';

/** What the sides of the supervisor share. */
export type Core = {
  directory: Directory;
  host: ActorHost;
  leases: Leases;
  tokens: TokenIndex;
  keeper: SecretKeeper;
  schedules: Schedules;
  idleness: Idleness;
  store: Store;
  runtimes: Partial<Record<RuntimeName, Runtime>>;
  dice: Dice;
  now: () => EpochMs;
  stamp: () => Stamp;
  policyDefaults: Policy;
  /** Whether agents that nobody announced may register. */
  enrolment: 'open' | 'closed';
  newEntry: (facts: EntryFacts) => Entry;
  /** Beats that were taken since the start; the hot path adds to it and does nothing else. */
  counts: { beats: number };
  /** Arms what the state of a workspace waits for. */
  watch: (entry: Entry) => void;
};
