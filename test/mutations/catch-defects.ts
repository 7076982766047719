import { DEFECTS } from './all-defects.ts';
import type { CaughtDefect } from './defect.ts';
import { choose, forEachDefect } from './each-defect.ts';
import { runTests } from './run-tests.ts';
import { searchCatchers } from './search-catchers.ts';
import { tryDefect } from './try-defect.ts';
import type { Workbench } from './workbench.ts';

/** All named tests one after the other, on a busy machine. */
const WHOLE_WITHIN_MS = 20 * 60_000;

type Options = {
  ids: readonly string[];
  atATime: number;
  hasty: boolean;
  search: boolean;
  messages: boolean;
};

/** Shows for each defect that the test that is named for it fails, line by line. @returns the ids of those that survive */
export const catchDefects = async ({ ids, atATime, hasty, search, messages }: Options) => {
  const chosen = choose(DEFECTS, ids);
  const missed: string[] = [];
  const widest = Math.max(...chosen.map(({ id }) => id.length));
  const indent = ' '.repeat(widest + 10);

  await forEachDefect(chosen, atATime, {
    begin: async (bench) => {
      if (!hasty) await checkWhole(bench, chosen);
    },
    async work(bench, defect) {
      const { id, title, caughtBy } = defect;
      const { caught, message, seconds } = await tryDefect(bench, defect);
      if (!caught) missed.push(id);
      console.log(`${id.padEnd(widest)} ${seconds.toFixed(1).padStart(6)} s  ${title}`);
      console.log(`${indent} ${caught ? '→' : '✗ not by'} ${caughtBy.file}: ${caughtBy.title}`);
      if (messages || !caught) console.log(message.replaceAll(/^/gm, `${indent}   `));
      if (caught || !search) return;
      for await (const other of searchCatchers(bench, defect)) {
        console.log(`${indent}   but by ${other.file}: ${other.title}`);
      }
    },
  });
  return { tried: chosen.length, missed };
};

/** A test that fails anyway catches nothing. */
const checkWhole = async ({ folder }: Workbench, chosen: readonly CaughtDefect[]): Promise<void> => {
  const files = [...new Set(chosen.map(({ caughtBy }) => caughtBy.file))];
  const titles = [...new Set(chosen.map(({ caughtBy }) => caughtBy.title))];
  const { tests, unloadable } = await runTests(folder, { files, titles, withinMs: WHOLE_WITHIN_MS });
  const failed = tests.filter(({ failure }) => failure !== null);
  const problems = [
    ...failed.map(({ file, title, failure }) => `${file}: ${title}\n${failure}`),
    ...unloadable.map(({ file, message }) => `${file}: ${message}`),
  ];
  if (problems.length > 0) throw new Error(`These fail where nothing is broken:\n${problems.join('\n')}`);
};
