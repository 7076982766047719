import { FAULT_KINDS, simulate } from '../../src/testing/simulate/index.ts';

export type SimulatorCosts = {
  workspaces: number;
  hours: number;
  hoursPerSecond: number;
  transitionsPerSecond: number;
};

const FLEETS = [
  { workspaces: 4, seeds: [1, 2, 3, 4, 5, 6], hours: 4 },
  { workspaces: 100, seeds: [1], hours: 2 },
];

/** Lives through some hours of a small and of a large fleet, with all faults. @throws when an invariant does not hold */
export const measureSimulator = async (): Promise<SimulatorCosts[]> => {
  const rows: SimulatorCosts[] = [];
  for (const { workspaces, seeds, hours } of FLEETS) {
    let simulatedMs = 0;
    let transitions = 0;
    const begun = performance.now();
    for (const seed of seeds) {
      const {
        simulatedMs: ms,
        counts,
        broken,
      } = await simulate({ seed, workspaces, hours, faults: FAULT_KINDS });
      if (broken[0] !== undefined) throw new Error(`seed ${seed}: ${broken[0].name}, ${broken[0].words}`);
      simulatedMs += ms;
      transitions += counts.transitions;
    }
    const seconds = (performance.now() - begun) / 1_000;
    rows.push({
      workspaces,
      hours: simulatedMs / 3_600_000,
      hoursPerSecond: simulatedMs / 3_600_000 / seconds,
      transitionsPerSecond: transitions / seconds,
    });
  }
  return rows;
};
