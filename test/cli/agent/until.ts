import { setTimeout as delay } from 'node:timers/promises';

/** Waits for what must become true soon; fails loudly, naming it, when it does not. */
export const until = async (
  isTrue: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 20_000,
): Promise<void> => {
  const giveUpAt = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > giveUpAt) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await delay(10);
  }
};
