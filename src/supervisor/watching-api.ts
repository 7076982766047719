/** What the supervisor offers to those who watch it. */
import type { BlockedPlugin, HeldPlugin } from '../../machines/reconcile/outcome.ts';
import type { DurationMs, EpochMs } from '../../machines/time.ts';
import type { PublicStatus } from '../../machines/workspace/types.ts';
import type { Verb, WorkspaceView } from './api.ts';
import type { JournalEntry, Json } from './ports.ts';
import type { ShownReason } from './schedule-port.ts';

/** Why a workspace is where it is, for people (`text`) and for programs. */
export type Why = {
  text: string;
  status: PublicStatus;
  state: string;
  since: EpochMs;
  /** What the state means, from the machine itself. */
  rule: string;
  reason: ShownReason | null;
  /** The transition that led here. */
  evidence: Pick<JournalEntry, 'seq' | 'at' | 'event' | 'from' | 'to'> | null;
  /** What moves it next: at a moment, or with `when` null by something that may happen. `text` says what that does. */
  next: { when: EpochMs | null; event: string; to: string; text: string }[];
  operator: { verb: Verb | 'remove'; command: string; text: string }[];
};

/** A machine that runs inside a workspace. */
export type MomentChild = {
  id: string;
  machine: string;
  state: string;
  active: string[];
  lastEdges: readonly string[];
  possible: MomentEdge[];
};

export type MomentEdge = { edge: string; event: string; target: string | null };

/** A workspace as it is, or as it was when a row of its journal was written: what a picture of it needs. */
export type Moment = {
  machine: string;
  /** The row of the journal that led here. */
  seq: number;
  at: EpochMs;
  live: boolean;
  /** False where an earlier version wrote the journal and this machine would have decided otherwise. */
  exact: boolean;
  event: string | null;
  from: string | null;
  status: PublicStatus;
  state: string;
  /** The states it is in, outermost first. */
  active: string[];
  since: EpochMs;
  incarnation: number;
  generation: number;
  reason: ShownReason | null;
  lastEdges: readonly string[];
  possible: MomentEdge[];
  /** What is armed, soonest first, and where it leads. */
  armed: {
    name: string;
    at: EpochMs | null;
    move: { edge: string; to: string; description: string | null } | null;
  }[];
  children: MomentChild[];
  /** How many plugins are declared; null for a moment that is over, of which only the installed are known. */
  declared: number | null;
  plugins: {
    installed: number;
    generation: number;
    good: number;
    probationUntil: EpochMs | null;
    blocked: BlockedPlugin[];
    held: HeldPlugin[];
    pending: boolean;
  };
  why: Why;
};

/** How a workspace came to a moment: what its machine was given, and everything it was told. */
export type MomentPath = {
  workspace: string;
  machine: string;
  start: { input: unknown } | { snapshot: { value: unknown; context: unknown } };
  steps: { seq: number; at: EpochMs; event: string; cause: Json; to: string }[];
  state: string;
  at: EpochMs;
};

/** A workspace as the fleet is watched. */
export type FleetEntry = {
  view: WorkspaceView;
  /** Restarts of any cause in the last day; a hundred at most. */
  restartsOfDay: number;
};

/** What changed in the fleet since a mark. */
export type FleetChanges = {
  at: EpochMs;
  intervalMs: DurationMs;
  /** Give it back to learn what changes from here on. */
  mark: string;
  /** Whether `entries` is everybody, since nothing is known of the mark. */
  whole: boolean;
  entries: FleetEntry[];
  /** Of those that only beat. */
  beats: { id: string; lastHeartbeatAt: EpochMs | null; leaseExpiresAt: EpochMs | null }[];
  removed: string[];
};

/** What the supervisor does by itself, and whether it judges silence now. */
export type SupervisorInside = {
  leases: { armed: number; nextAt: EpochMs | null };
  deadlines: { armed: number; next: { workspace: string; name: string; at: EpochMs }[] };
  loops: {
    name: string;
    everyMs: DurationMs;
    lastAt: EpochMs | null;
    nextAt: EpochMs | null;
    problem: string | null;
  }[];
  judgement: {
    state: string;
    held: boolean;
    since: EpochMs | null;
    until: EpochMs | null;
    reason: string | null;
  };
};

export type InspectedSnapshot = { status: string; value: unknown; context: unknown; tags: string[] };

/** An actor as inspectors of XState know one. */
export type InspectedActor = {
  sessionId: string;
  rootId: string;
  parentId: string | null;
  name: string;
  /** The machine's configuration as JSON. */
  definition: string;
  snapshot: InspectedSnapshot;
};
