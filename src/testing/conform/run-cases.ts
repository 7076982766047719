import { type Case, NotApplicable, type Result, Unmet } from './case.ts';

/** A world lives as long as its case; `close` leaves nothing behind, whatever became of the case. */
export type OpenWorld<World> = (
  id: string,
  signal: AbortSignal,
) => Promise<{ world: World; close(): Promise<void> }>;

export type RunOptions = {
  /** Cases at a time. */
  parallel: number;
  /** A case that takes longer has failed. */
  caseWithinMs: number;
  /** Ends the run early: what has not ended by then has no result. */
  signal: AbortSignal;
  /** Told each result, in the order of the cases. */
  onResult?: (result: Result) => void;
};

/** Runs cases, several at a time, each in a world of its own. Never rejects for what a case finds. */
export const runCases = async <World>(
  cases: readonly Case<World>[],
  open: OpenWorld<World>,
  { parallel, caseWithinMs, signal, onResult = () => {} }: RunOptions,
): Promise<Result[]> => {
  const results: (Result | undefined)[] = cases.map(() => undefined);
  let [next, told] = [0, 0];
  const tell = () => {
    for (let result = results[told]; result !== undefined; result = results[told]) {
      told += 1;
      onResult(result);
    }
  };
  const work = async (): Promise<void> => {
    while (next < cases.length && !signal.aborted) {
      const index = next;
      next += 1;
      const result = await runOne(cases[index] as Case<World>, open, caseWithinMs, signal);
      if (signal.aborted) return;
      results[index] = result;
      tell();
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, cases.length) }, work));
  return results.filter((result) => result !== undefined);
};

const runOne = async <World>(
  { id, title, run }: Case<World>,
  open: OpenWorld<World>,
  withinMs: number,
  signal: AbortSignal,
): Promise<Result> => {
  const startedAt = performance.now();
  const over = new AbortController();
  const inTime = AbortSignal.any([signal, over.signal]);
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(
      () => reject(new Unmet('an end of the case', `it was still waiting after ${withinMs / 1000} s`)),
      withinMs,
    );
    inTime.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new NotApplicable('It was interrupted.'));
    });
  });
  late.catch(() => {});
  const judge = async (): Promise<Pick<Result, 'outcome' | 'expected' | 'seen'>> => {
    try {
      const { world, close } = await open(id, inTime);
      try {
        await Promise.race([run(world), late]);
      } finally {
        over.abort();
        await close();
      }
      return { outcome: 'passed', expected: null, seen: null };
    } catch (error) {
      return verdictOf(error);
    }
  };
  const verdict = await judge();
  return { id, title, ...verdict, ms: Math.round(performance.now() - startedAt) };
};

const verdictOf = (error: unknown): Pick<Result, 'outcome' | 'expected' | 'seen'> => {
  if (error instanceof NotApplicable) return { outcome: 'skipped', expected: null, seen: error.message };
  if (error instanceof Unmet) return { outcome: 'failed', expected: error.expected, seen: error.seen };
  const { message, cause } = error as { message?: string; cause?: { code?: string } };
  return {
    outcome: 'failed',
    expected: 'an answer',
    seen: [message ?? String(error), cause?.code].filter((part) => part !== undefined).join(': '),
  };
};
