import type { DurationMs } from '../../machines/time.ts';

/** How long one stop waits between asking and insisting. Whoever joins the stop may shorten it, never prolong it. */
export const createPatience = (graceMs: DurationMs) => {
  let grace = graceMs;
  let begunAt: number | null = null;
  const spent = (): DurationMs => (begunAt === null ? 0 : performance.now() - begunAt);

  return {
    begin: (): void => {
      begunAt = performance.now();
    },
    shorten: (toMs: DurationMs): void => {
      grace = Math.min(grace, spent() + toMs);
    },
    leftMs: (): DurationMs => Math.max(0, grace - spent()),
    isOver: (): boolean => spent() >= grace,
  };
};

export type Patience = ReturnType<typeof createPatience>;
