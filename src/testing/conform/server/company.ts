import { setTimeout as pause } from 'node:timers/promises';
import { openServerWorld, type ServerTarget } from './world.ts';

/** Unless a reply says otherwise. */
const INTERVAL_MS = 1_000;

/**
 * Keeps `size` healthy agents beating until `signal` aborts or `leave` is called, which removes them.
 *
 * Many cases fall silent on purpose and at the same time. A server may take that for a fault of its own hearing and
 * hold its judgement, so there have to be others who are heard. Never rejects: a server that cannot have them fails
 * in the cases.
 */
export const keepCompany = async (target: ServerTarget, size: number, signal: AbortSignal) => {
  const over = new AbortController();
  const untilOver = AbortSignal.any([signal, over.signal]);
  const { world, close } = await openServerWorld(target, untilOver);
  const stay = async (): Promise<void> => {
    try {
      const agent = await world.open();
      for (;;) {
        const reply = await agent.beat();
        const everyMs = 1_000 * Number(reply.body.interval_seconds);
        await pause(everyMs > 0 ? everyMs : INTERVAL_MS, undefined, { signal: untilOver });
      }
    } catch {
      // It could not be had, or the run is over.
    }
  };
  const staying = Array.from({ length: size }, stay);
  return {
    async leave(): Promise<void> {
      over.abort();
      await Promise.all(staying);
      await close();
    },
  };
};
