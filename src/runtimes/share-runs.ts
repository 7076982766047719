import { setTimeout as pause } from 'node:timers/promises';
import type { DurationMs } from '../../machines/time.ts';

const GATHER_MS: DurationMs = 10;

/**
 * Lets many callers share few runs of something costly.
 *
 * Every caller gets the outcome of a run that began after the call, so nobody is answered with old news. The first is
 * served at once; those that come meanwhile or right after wait a little for each other.
 */
export const shareRuns = <T>(run: () => Promise<T>): (() => Promise<T>) => {
  let busy: Promise<unknown> | null = null;
  let next: Promise<T> | null = null;

  const begin = (): Promise<T> => {
    next = null;
    const mine = run();
    const rested = Promise.allSettled([mine])
      .then(() => pause(GATHER_MS))
      .finally(() => {
        if (busy === rested) busy = null;
      });
    busy = rested;
    return mine;
  };

  return () => {
    if (busy === null) return begin();
    next ??= busy.then(begin);
    return next;
  };
};
