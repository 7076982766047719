import { setTimeout as pause } from 'node:timers/promises';

/** Waits until `holds`, with a deadline generous enough for a busy machine. */
export const eventually = async (
  holds: () => boolean | Promise<boolean>,
  withinMs = 15_000,
): Promise<void> => {
  const until = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > until)
      throw new Error(`It did not happen within ${withinMs} ms: ${String(holds)}`);
    await pause(20);
  }
};
