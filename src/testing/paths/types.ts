import type { AnyMachineSnapshot } from 'xstate';
import type { WalkStart } from '../../../machines/walk.ts';

/** One thing that may happen in a state. */
export type Case = {
  event: { type: string } & Record<string, unknown>;
  /** Reads in a sentence: "a healthy beat". */
  title: string;
  /** The short name with its outcome: `heartbeat.received{healthy}`, `deadline.passed{retryDelay}`, `fetch.settled{empty}`. */
  name: string;
};

/** From and to are leaf states by dotted path (parallel ones: all, with commas), edges are ids of the definition's arrows. */
export type Step = Case & { from: string; to: string; edges: readonly string[]; moved: boolean };

export type Path = {
  /** A sentence: "from idle, submit, then fetch settled, reaches shown". Unlike that of every other path. */
  title: string;
  start: WalkStart;
  /** The leaf state at the start, and the edges without an event that led there. */
  from: string;
  startEdges: readonly string[];
  steps: readonly Step[];
  /** The leaf state at the end. */
  to: string;
};

/** What a limit left out. `left` is null where it cannot be counted. */
export type Cut = {
  limit: 'states' | 'paths' | 'steps' | 'key';
  at: number;
  left: number | null;
  text: string;
};

export type Strategy = 'shortest' | 'simple' | 'transitions' | 'pairs' | 'proofs';

export type Paths = {
  machine: string;
  strategy: Strategy;
  starts: readonly Start[];
  paths: readonly Path[];
  /** Empty when nothing was left out. */
  cut: readonly Cut[];
  /** How much was walked to find them: states told apart by `key`, and cases met in them. */
  walked: { states: number; cases: number };
};

/** A case of an event type. Title and name are made of the type and the event where they are not given. */
export type GivenCase = { event?: Record<string, unknown>; title?: string; name?: string };

/**
 * What may happen: by event type, or all of it as a function of the snapshot.
 *
 * A record adds to what the machine listens to: a type that is not in it happens with nothing but its type. A function
 * is the whole truth about ordinary events. Deadlines and outcomes of invoked actors are added to both.
 */
export type Cases =
  | Record<string, readonly GivenCase[] | ((snapshot: AnyMachineSnapshot) => readonly GivenCase[])>
  | ((snapshot: AnyMachineSnapshot) => readonly Case[]);

/** How an invoked actor may end: with `output`, or with `error`. */
export type GivenOutcome = ({ output?: unknown } | { error: unknown }) & { title?: string; name?: string };

/** By the actor's id or the name of its logic. Default: one done without output, one failed, where the machine listens. */
export type Outcomes =
  | Record<string, readonly GivenOutcome[] | ((snapshot: AnyMachineSnapshot) => readonly GivenOutcome[])>
  | ((actor: string, snapshot: AnyMachineSnapshot) => readonly GivenOutcome[] | undefined);

export type Start = { title: string; input: unknown };

/** What may happen to a machine, and what tells its states apart. */
export type WorldOptions = {
  /** Default: one, without input. */
  starts?: readonly Start[];
  cases?: Cases;
  outcomes?: Outcomes;
  /** What tells two states apart. Default: the state and the whole context, as JSON. */
  key?: (snapshot: AnyMachineSnapshot) => string;
  /** Also events that a state does not take, with the promise that they change nothing. Default false. */
  ignored?: boolean;
};

export type Limits = {
  /** States whose onward ways are looked at. Default 20 000. */
  states?: number;
  /** Default 10 000. */
  paths?: number;
  /** The longest path. Default 50. */
  steps?: number;
};

export type PathOptions = WorldOptions & {
  strategy: Strategy;
  /** Only paths that end in one of these states: a dotted path, or its end where that is one state's alone. */
  to?: readonly string[];
  /** Only paths that pass through these states, in this order. */
  through?: readonly string[];
  limits?: Limits;
};

/** A real thing that is led along a path. */
export type System = {
  /** Called before the first step; brings the system to the path's beginning. */
  begin?(path: Path): unknown;
  /** What makes a step happen: by its name, its name before `{`, its event's type, or `*` for all others. */
  events: Record<string, (step: Step) => unknown>;
  /** Checks when a state was reached: by leaf, or by any state around it. */
  states?: Record<string, (step: Step | null, path: Path) => unknown>;
  /** Where the system is: the leaf as `Step.to` has it, or a state value. */
  state?(): unknown;
  /** Called after the last step, also when one failed. */
  end?(): unknown;
};

export type Tally = { covered: Set<string>; all: Set<string> };
export type Coverage = { states: Tally; transitions: Tally; pairs: Tally };
