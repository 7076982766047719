import type { SeedResult } from './seeds.ts';

/** What one run did, or many. */
export type Totals = {
  seeds: number;
  simulatedHours: number;
  brokenSeeds: number[];
  counts: SeedResult['counts'];
  /** How often each kind of action happened. */
  performed: Record<string, number>;
};

export const addUp = (
  before: Totals | null,
  { seed, simulatedMs, broken, counts, performed }: SeedResult,
): Totals => ({
  seeds: (before?.seeds ?? 0) + 1,
  simulatedHours: (before?.simulatedHours ?? 0) + simulatedMs / 3_600_000,
  brokenSeeds: [...(before?.brokenSeeds ?? []), ...(broken.length > 0 ? [seed] : [])],
  counts: sumOf(before?.counts ?? {}, counts) as SeedResult['counts'],
  performed: sumOf(before?.performed ?? {}, performed),
});

const sumOf = (a: Record<string, number>, b: Record<string, number>): Record<string, number> => {
  const sum = { ...a };
  for (const [key, value] of Object.entries(b)) sum[key] = (sum[key] ?? 0) + value;
  return sum;
};

const number = (value: number): string => Math.round(value).toLocaleString('en');

/** What was done, in lines for people. */
export const tellTotals = (
  { seeds, simulatedHours, counts, performed }: Totals,
  tookMs: number,
): string[] => {
  const seconds = tookMs / 1000;
  const performedWords = Object.entries(performed)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, times]) => `${kind} ${number(times)}`);
  return [
    `${number(simulatedHours)} simulated hours${seeds > 1 ? ` of ${number(seeds)} seeds` : ''} in ${seconds.toFixed(1)} s: ${(simulatedHours / seconds).toFixed(1)} hours per second.`,
    `Beats: ${number(counts.beats)} sent, ${number(counts.beatsHeard)} heard, ${number(counts.beatsLost)} lost, ${number(counts.beatsLate)} late, ${number(counts.beatsDoubled)} doubled.`,
    `Workspaces: ${number(counts.transitions)} transitions, ${number(counts.reconciles)} reconciles, ${number(counts.starts)} starts, ${number(counts.restarts)} restarts, ${number(counts.fetches)} fetches, ${number(counts.reports)} install reports.`,
    `Supervisors: ${number(counts.supervisors)}, of which ${number(counts.crashes)} were killed; ${number(counts.boundaries)} boundaries passed, silence held ${number(counts.holds)} times.`,
    `Requests: ${number(counts.requests)} reached it, ${number(counts.refused)} refused, ${number(counts.unanswered)} unanswered.`,
    `Made to happen: ${performedWords.join(', ')}.`,
  ];
};
