import type { DurationMs, EpochMs } from '../../../../machines/time.ts';
import type { WorkspaceSpec } from '../../../../machines/workspace/spec.ts';
import type { WorkspaceContext } from '../../../../machines/workspace/types.ts';
import type { WorkspaceView } from '../../../supervisor/api.ts';
import type { InstanceSpec, JournalDraft } from '../../../supervisor/ports.ts';
import type { Hold } from '../holds.ts';

/** What the simulator has seen of one workspace: what was decided, and what was really done. */
export type Seen = {
  readonly id: string;
  spec: WorkspaceSpec;
  generation: number;
  state: string;
  context: WorkspaceContext;
  removed: boolean;
  /** How many transitions were decided, those of earlier lives that reached the disk included. */
  decisions: number;
  /** When it entered the state it is in, by the true time. */
  enteredAt: EpochMs;
  /** When it last came into a state in which silence is judged. */
  leasedSince: EpochMs;
  /** The states in which it was asked why it is there. */
  toldWhyIn: Set<string>;
  /** Looks at what is installed since the last entry into online. */
  looks: number;
  /** Reconciles since the last settled one that were left behind: what they asked the disk may still be answered. */
  overtaken: number;
  /** What was installed when a reconcile last looked. */
  tamperedAt: EpochMs;
  /** What happened since its last incarnation began that can make another one due. */
  causes: string[];
  /** The incarnation that was there when somebody asked for a restart that has not come yet. */
  owedSince: number | null;
  /** Plugins that were declared to need no restart at some time since its incarnation began. */
  unminded: Set<string>;
  /** When it last went down, by the true time; 0 when that is not known. */
  crashedAt: EpochMs;
  /** The crashes that a restart followed since somebody stepped in, by the true time. */
  crashRestarts: EpochMs[];
};

/** One transition, at the moment at which it is decided. */
export type Decision = {
  seen: Seen;
  /** The true time. */
  at: EpochMs;
  row: JournalDraft;
  from: string | null;
  to: string;
  /** Null for the first one. */
  before: WorkspaceContext | null;
  after: WorkspaceContext;
};

/**
 * When the last beat of an agent was taken, 0 for never, and for how long it said with it that it would be quiet. A
 * lease that was on the disk when the supervisor started may run until `storedUntil`.
 */
export type Heard = { at: EpochMs; quietForMs: DurationMs; storedUntil: EpochMs };

/** What is in force for a workspace on the simulated disk. */
export type InForce = {
  generation: number;
  plugins: readonly {
    name: string;
    source: string;
    treeHash: string;
    /** The same without words for people: what an agent has loaded. */
    coreHash: string;
    actualHash: string | null;
  }[];
};

/** The world around the decisions, as far as an invariant may look at it. */
export type Facts = {
  now(): EpochMs;
  /** Whether every detail is looked at; in a large world samples have to do. */
  isThorough: boolean;
  /** What the supervisor takes for now. */
  wallNow(): EpochMs;
  inForce(id: string): InForce;
  /** The instance that runs, with what it was started with and the plugins that it loaded; null for none. */
  instanceOf(id: string): { spec: InstanceSpec; loaded: InForce['plugins'] } | null;
  /** What is on the disk of its secrets, by every name that there may be; undefined for none. */
  secretsOf(id: string): ReadonlyMap<string, string | undefined>;
  /** Since when the supervisor could hear everything: it was neither away, nor held up, nor was its clock set. */
  hearingSince(): EpochMs;
  /** Since when it does all its work too: it is back from its last start. */
  workingSince(): EpochMs;
  /** Since when what it decides can be written down; nothing is done before that. */
  storingSince(): EpochMs;
  /** When its clock was set last. */
  clockSetAt(): EpochMs;
  /** Whether the clock was set back so lately that moments lie too far ahead. */
  isBehind(): boolean;
  heard(id: string): Heard;
  /** Until when the last word of an agent promised that it lives; 0 for none. */
  promisedUntil(id: string): EpochMs;
  intervalMs(): DurationMs;
  /** Every workspace that was seen. */
  fleet(): Iterable<Seen>;
  /** What the supervisor last said of silence that it does not judge. */
  hold(): Hold;
  /** For how long the silence of most of the fleet is not believed. */
  silenceHoldMs: DurationMs;
  /** Null while no supervisor is there. */
  view(id: string): WorkspaceView | null;
  /** What it says of why a workspace is where it is, and how many ways on it names; null while it is not there. */
  why(id: string): { text: string; moves: number } | null;
  /** Sentences about instances that ran beside each other. */
  doubledInstances(): readonly string[];
};

/** Something that must always be so. `check` says what is not, in a sentence; null when all is well. */
export type Invariant<Seen> = {
  /** Its number in the design's list of invariants, or the name of the rule. */
  number: string;
  name: string;
  check: (seen: Seen, facts: Facts) => string | null;
};

/** After a boot, a stall or a jump everything gets so long to be noticed. */
export const NOTICE_MS: DurationMs = 20_000;

/** Whether the supervisor has been able to notice what is due for long enough. */
export const hears = (facts: Facts): boolean => facts.now() - facts.workingSince() > NOTICE_MS;

/** Whether silence is judged in it. */
export const isLeasedState = (state: string): boolean =>
  state.startsWith('wanted.online.') || state === 'wanted.degraded';
