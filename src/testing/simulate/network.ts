import type { DurationMs, EpochMs } from '../../../machines/time.ts';
import type { SeededDice } from './dice.ts';
import type { Timeline } from './timeline.ts';
import { createWindows } from './windows.ts';

/** The way from agents to the supervisor: usually nothing happens on it. */
export const createNetwork = (timeline: Timeline, dice: SeededDice) => {
  const now = (): EpochMs => timeline.now();
  const lossy = createWindows<{ share: number }>(now);
  const late = createWindows<{ byMs: DurationMs }>(now);
  const doubling = createWindows<true>(now);
  const counts = { lost: 0, late: 0, doubled: 0 };
  /** Nothing is looked up per beat before this. */
  let busyUntil: EpochMs = 0;

  return {
    counts,
    lose(whom: string | null, forMs: DurationMs, share: number): void {
      busyUntil = Math.max(busyUntil, now() + forMs);
      lossy.open(whom, forMs, { share });
    },
    delay(whom: string | null, forMs: DurationMs, byMs: DurationMs): void {
      busyUntil = Math.max(busyUntil, now() + forMs);
      late.open(whom, forMs, { byMs });
    },
    double(whom: string | null, forMs: DurationMs): void {
      busyUntil = Math.max(busyUntil, now() + forMs);
      doubling.open(whom, forMs, true);
    },
    calm(): void {
      lossy.closeAll();
      late.closeAll();
      doubling.closeAll();
      busyUntil = 0;
    },
    /** Carries something of `whom`; it arrives once, late, twice or never. */
    carry(whom: string, arrive: () => void): void {
      if (now() >= busyUntil) return arrive();
      if (dice.chance(lossy.of(whom)?.share ?? 0)) {
        counts.lost += 1;
        return;
      }
      const times = doubling.of(whom) === null ? 1 : 2;
      counts.doubled += times - 1;
      const byMs = late.of(whom)?.byMs ?? 0;
      for (let time = 0; time < times; time += 1) {
        const ms = byMs > 0 ? dice.upTo(byMs) : time * 10;
        if (byMs > 0) counts.late += 1;
        if (ms === 0) arrive();
        else timeline.after(ms, arrive);
      }
    },
  };
};

export type Network = ReturnType<typeof createNetwork>;
