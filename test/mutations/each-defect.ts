import type { Defect } from './defect.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

/** Those of `all` that are asked for by id, or all of them. @throws for an id that there is not */
export const choose = <Each extends Defect>(all: readonly Each[], ids: readonly string[]): Each[] => {
  const unknown = ids.filter((id) => !all.some((defect) => defect.id === id));
  if (unknown.length > 0) {
    throw new Error(`There is no ${unknown.join(', ')}. There are: ${all.map(({ id }) => id).join(', ')}`);
  }
  return all.filter(({ id }) => ids.length === 0 || ids.includes(id));
};

/** Does `work` for each, in `atATime` copies side by side. `begin` comes first, in a copy that is still whole. */
export const forEachDefect = async <Each extends Defect>(
  defects: readonly Each[],
  atATime: number,
  {
    begin = async () => undefined,
    work,
  }: {
    begin?: (bench: Workbench) => Promise<void>;
    work: (bench: Workbench, defect: Each) => Promise<void>;
  },
): Promise<void> => {
  const left = [...defects];
  const benches = Array.from({ length: Math.min(atATime, left.length) }, openWorkbench);
  try {
    const [first] = benches;
    if (first !== undefined) await begin(first);
    await Promise.all(
      benches.map(async (bench) => {
        for (let defect = left.shift(); defect !== undefined; defect = left.shift()) {
          await work(bench, defect);
        }
      }),
    );
  } finally {
    for (const bench of benches) bench.remove();
  }
};
