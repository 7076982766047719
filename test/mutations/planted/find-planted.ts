import type { Defect } from '../defect.ts';
import { choose, forEachDefect } from '../each-defect.ts';
import type { Workbench } from '../workbench.ts';
import { PLANTED } from './planted-defects.ts';
import { type Found, simulateCopy } from './simulate-copy.ts';

/** So many seeds the simulator is given to come upon a defect. */
const SEEDS = 1_000;

type Options = { ids: readonly string[]; atATime: number; messages: boolean };

/** Has the simulator look for each planted defect, and says what it came upon. @returns the ids of those it does not find */
export const findPlanted = async ({ ids, atATime, messages }: Options) => {
  const chosen = choose(PLANTED, ids);
  const missed: string[] = [];
  const widest = Math.max(...chosen.map(({ id }) => id.length));
  const indent = ' '.repeat(widest + 10);

  await forEachDefect(chosen, atATime, {
    async work(bench, defect) {
      const { id, part, title } = defect;
      const begin = performance.now();
      const found = await find(bench, defect);
      const seconds = (performance.now() - begin) / 1_000;
      if (found === null) missed.push(id);
      console.log(`${id.padEnd(widest)} ${seconds.toFixed(1).padStart(6)} s  ${part}: ${title}`);
      const what = found === null ? `✗ nothing in ${SEEDS} seeds` : `→ seed ${found.seed}: ${found.broken}`;
      console.log(`${indent} ${what}`);
      if (messages && found !== null) console.log(found.story.replaceAll(/^/gm, `${indent}   `));
    },
  });
  return { tried: chosen.length, missed };
};

/** What does not hold without the defect either says nothing of it: then the next seeds are tried. */
const find = async (bench: Workbench, defect: Defect, from = 1): Promise<Found> => {
  if (from > SEEDS) return null;
  const found = await bench.withDefect(defect, () => simulateCopy(bench.folder, from, SEEDS));
  if (found === null || (await simulateCopy(bench.folder, found.seed, found.seed)) === null) return found;
  console.log(`seed ${found.seed} does not hold where nothing is broken: ${found.broken}`);
  return find(bench, defect, found.seed + 1);
};
