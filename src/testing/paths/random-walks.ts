import fc from 'fast-check';
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { leafOf } from '../../../machines/walk.ts';
import { casesIn } from './cases-in.ts';
import { coverage } from './coverage.ts';
import { explore } from './explore.ts';
import { createPathRun, PathFailure } from './run-path.ts';
import { createStateWords } from './state-words.ts';
import { createStepper, type Stepper } from './stepper.ts';
import { sentenceOf } from './title-paths.ts';
import type { Case, Coverage, Path, Start, Step, System, WorldOptions } from './types.ts';

export type WalkOptions = WorldOptions & {
  /** Same seed, same walks. Default 1. */
  seed?: number;
  /** How many walks. Default 100. */
  walks?: number;
  /** The most steps of one. Default 30. */
  steps?: number;
};

export type Walked = { walks: number; steps: number; coverage: Coverage };

/**
 * Walks a machine and a system side by side, at random, and compares them after every step. They find what depends on
 * more than two steps in a row.
 *
 * A walk that fails is shortened as long as it still fails.
 *
 * @throws {PathFailure} of the shortest walk that was found to fail; its message says the seed
 */
export const randomWalks = async (
  machine: AnyStateMachine,
  options: WalkOptions,
  system: System | (() => System),
): Promise<Walked> => {
  const { seed = 1, walks = 100, steps = 30 } = options;
  const stepper = createStepper(machine);
  const graph = explore(stepper, { ...options, limits: MOST_LOOKED_AT });
  const alphabet = new Map(
    graph.nodes.flatMap(({ out }) => out.map(({ case: one }) => [idOf(one), one] as const)),
  );
  const paths: Path[] = [];
  const property = fc.asyncProperty(
    fc.constantFrom(...graph.starts),
    fc.commands(
      [...alphabet.values()].map((one) => fc.constant(takeCase(one, { stepper, options, steps }))),
      // Most of what is drawn cannot happen where the walk is, and is passed over.
      { maxCommands: steps * 10, size: 'max' },
    ),
    async ({ start, node, edges }, commands) => {
      const walk = beginWalk(start, node.snapshot, edges);
      const real = typeof system === 'function' ? system() : system;
      const run = createPathRun(walk.path, real);
      try {
        await run.begin();
        await fc.asyncModelRun(() => ({ model: walk, real: run }), commands);
      } finally {
        await real.end?.();
      }
      paths.push(walk.path);
    },
  );
  const details = await fc.check(property, { seed, numRuns: walks });
  if (details.failed) throw told(details.errorInstance, { machine, seed, shrinks: details.numShrinks });
  const taken = paths.reduce((sum, path) => sum + path.steps.length, 0);
  return { walks: paths.length, steps: taken, coverage: coverage(paths, machine) };
};

/** Enough to meet every case that there is. */
const MOST_LOOKED_AT = { states: 2_000, steps: 50 };

const idOf = ({ name, title }: Case): string => `${name}\n${title}`;

/** Where a walk is, and the path that it has become. */
type WalkSoFar = {
  now: { snapshot: AnyMachineSnapshot; possible: Map<string, Case> | null };
  path: GrowingPath;
};
type GrowingPath = Path & { steps: Step[] };
type Run = ReturnType<typeof createPathRun>;

const beginWalk = (
  { input }: Start,
  snapshot: AnyMachineSnapshot,
  startEdges: readonly string[],
): WalkSoFar => {
  const from = leafOf(snapshot.value);
  return {
    now: { snapshot, possible: null },
    path: { title: 'a random walk', start: { input }, from, startEdges, steps: [], to: from },
  };
};

const takeCase = (
  one: Case,
  { stepper, options, steps }: { stepper: Stepper; options: WorldOptions; steps: number },
): fc.AsyncCommand<WalkSoFar, Run, true> => ({
  check: ({ now, path }) => {
    if (path.steps.length >= steps) return Promise.resolve(false);
    now.possible ??= new Map(casesIn(now.snapshot, options).map((each) => [idOf(each), each]));
    return Promise.resolve(now.possible.has(idOf(one)));
  },
  run: async ({ now, path }, run) => {
    const { snapshot, possible } = now;
    const met = possible?.get(idOf(one)) as Case;
    const { snapshot: after, edges } = stepper.take(snapshot, met.event);
    const to = leafOf(after.value);
    path.steps.push({ ...met, from: path.to, to, edges, moved: after !== snapshot });
    path.to = to;
    now.snapshot = after;
    now.possible = null;
    await run.step(path.steps.length);
  },
  toString: () => one.title,
});

const told = (
  error: unknown,
  { machine, seed, shrinks }: { machine: AnyStateMachine; seed: number; shrinks: number },
): unknown => {
  if (!(error instanceof PathFailure)) return error;
  const { path, step, seen, cause } = error;
  const title = `${sentenceOf(path, createStateWords(machine))} (seed ${seed}, shortened ${shrinks} times)`;
  return new PathFailure({ ...path, title }, step, { seen, cause });
};
