import { leafOf } from '../../../machines/walk.ts';
import type { Path, Step, System } from './types.ts';

/** Where an implementation left a path. */
export class PathFailure extends Error {
  override readonly name = 'PathFailure';
  readonly path: Path;
  /** The number of the step, from 1; 0 for the beginning. */
  readonly step: number;
  readonly expected: string;
  /** Null when it could not be seen, because something threw. */
  readonly seen: string | null;

  constructor(path: Path, step: number, { seen, cause }: { seen: string | null; cause?: unknown }) {
    const at = path.steps[step - 1];
    const where = at === undefined ? 'at the beginning' : `step ${step} of ${path.steps.length}, ${at.title}`;
    const expected = at?.to ?? path.from;
    const what = seen === null ? messageOf(cause) : `expected ${expected}, seen ${seen}`;
    super(`${where}: ${what}\n  on the path: ${path.title}`, { cause });
    this.path = path;
    this.step = step;
    this.expected = expected;
    this.seen = seen;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Leads a system along a path, one step at a time, and compares after each where it is with where it should be.
 *
 * @throws {PathFailure} which names the step, the state that was expected and the one that was seen; also when what
 * the system does in a step throws, with that as `cause`
 */
export const runPath = async (path: Path, system: System): Promise<void> => {
  const run = createPathRun(path, system);
  try {
    await run.begin();
    for (const index of path.steps.keys()) await run.step(index + 1);
  } finally {
    await system.end?.();
  }
};

/** The same under way. A path may grow while it is run. */
export const createPathRun = (path: Path, system: System) => {
  const attempt = async (number: number, act: () => unknown): Promise<unknown> => {
    try {
      return await act();
    } catch (cause) {
      throw new PathFailure(path, number, { seen: null, cause });
    }
  };
  const compare = async (number: number): Promise<void> => {
    const step = path.steps[number - 1] ?? null;
    const expected = step?.to ?? path.from;
    if (system.state !== undefined) {
      const seen = leafOf(await attempt(number, () => system.state?.()));
      if (seen !== expected) throw new PathFailure(path, number, { seen });
    }
    for (const [state, check] of Object.entries(system.states ?? {})) {
      if (isWithin(expected, state)) await attempt(number, () => check(step, path));
    }
  };
  return {
    async begin(): Promise<void> {
      await attempt(0, () => system.begin?.(path));
      await compare(0);
    },
    /** @param number From 1. */
    async step(number: number): Promise<void> {
      const step = path.steps[number - 1] as Step;
      await attempt(number, () => handlerOf(step, system)(step));
      await compare(number);
    },
  };
};

const handlerOf = ({ name, event: { type } }: Step, { events }: System): ((step: Step) => unknown) => {
  const short = name.replace(/\{.*$/s, '');
  const handler = [name, short, type, '*'].map((each) => events[each]).find((each) => each !== undefined);
  if (handler === undefined)
    throw new Error(`the system has nothing in \`events\` for "${short}" or "${type}"`);
  return handler;
};

const isWithin = (leaf: string, state: string): boolean =>
  leaf === state || leaf.split(',').some((part) => part === state || part.startsWith(`${state}.`));
