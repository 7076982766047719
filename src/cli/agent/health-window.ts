/** What the last probes say: the share that failed, and the last failure in a few words (empty: none failed). */
export type Health = { errorRate: number; sampleError: string };

export type HealthWindow = {
  /** Notes one probe: null when all was well, else what was not. */
  record(failure: string | null): void;
  read(): Health;
};

/** Remembers the last `size` probes. Without any the agent counts as healthy. */
export const createHealthWindow = (size = 10): HealthWindow => {
  let probes: (string | null)[] = [];
  return {
    record(failure) {
      probes = [...probes, failure].slice(-size);
    },
    read() {
      const failures = probes.filter((probe) => probe !== null);
      return {
        errorRate: probes.length === 0 ? 0 : failures.length / probes.length,
        sampleError: failures.at(-1) ?? '',
      };
    },
  };
};
