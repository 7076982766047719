import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { closest } from '../../closest.ts';
import { FAULT_KINDS, type FaultKind } from '../../testing/simulate/action.ts';
import { CliError, usageError } from '../cli-error.ts';
import { EXIT } from '../exit-codes.ts';
import { action } from '../session.ts';
import type { Run } from '../simulate/run.ts';

type Given = {
  workspaces: string;
  hours: string;
  seed: string;
  seeds?: string;
  faults: string;
  only?: string;
  story?: string;
  stopAtFirst?: boolean;
  steps?: boolean;
  jobs?: string;
};

export const simulateCommand = (program: Command): Command =>
  program
    .command('simulate')
    .summary('live through hours of a fleet in seconds, and check every step')
    .description(
      'Runs the real supervisor, machines and reconciler over a clock, a disk, processes and agents in memory. Needs no server.',
    )
    .option('--workspaces <number>', 'how many there are at the start', '4')
    .option('--hours <number>', 'simulated hours; then everything is mended and has to come to rest', '4')
    .option('--seed <number>', 'what chance is drawn from: the same seed gives the same run', '1')
    .option('--seeds <first..last>', 'run many seeds, each as a world of its own')
    .option('--faults <list>', `all, none, or some of: ${FAULT_KINDS.join(', ')}`, 'all')
    .option('--only <numbers>', 'only these actions of the plan, as a story names them')
    .option('--story <file>', 'run the story in a file that --json wrote')
    .option('--stop-at-first', 'with --seeds: stop at the first seed that breaks something')
    .option('--steps', 'print every action and every transition')
    .option('--jobs <number>', 'seeds to run at a time (default: as many as there are cores)')
    .action(
      action(async ({ out }, { options }) => {
        const given = options as Given;
        const run = given.story === undefined ? runOf(given) : readStory(given.story);
        const jobs = given.jobs === undefined ? undefined : wholeNumber(given.jobs, '--jobs', 1);
        const seeds = given.seeds === undefined ? null : rangeOf(given.seeds);
        // Other commands need not wait until all of it is read.
        const { simulateMany, simulateOne } = await import('../simulate/run.ts');
        return seeds === null
          ? simulateOne(out, run, given.steps === true)
          : simulateMany(out, run, seeds, { jobs, stopAtFirst: given.stopAtFirst === true });
      }),
    );

const rangeOf = (range: string): { first: number; last: number } => {
  const [, first = '', last = ''] = /^(\d+)\.\.(\d+)$/.exec(range) ?? [];
  if (first !== '' && Number(last) >= Number(first)) return { first: Number(first), last: Number(last) };
  throw usageError(`${range} is no range of seeds.`, 'Write the first and the last one: --seeds 1..200.');
};

const runOf = ({ workspaces, hours, seed, faults, only }: Given): Run => ({
  seed: wholeNumber(seed, '--seed', 0),
  workspaces: wholeNumber(workspaces, '--workspaces', 1),
  hours: wholeNumber(hours, '--hours', 1),
  faults: faultsOf(faults),
  ...(only === undefined ? {} : { only: only.split(',').map((each) => wholeNumber(each, '--only', 1)) }),
});

const wholeNumber = (text: string, option: string, least: number): number => {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && Number.isSafeInteger(number)) return number;
  throw usageError(
    `${option} is a whole number from ${least} on, not ${text}.`,
    'Write it with digits alone.',
  );
};

const faultsOf = (text: string): FaultKind[] => {
  if (text === 'all') return [...FAULT_KINDS];
  if (text === 'none') return [];
  return text.split(',').map((name) => {
    const known = FAULT_KINDS.find((kind) => kind === name);
    if (known !== undefined) return known;
    const meant = closest(name, FAULT_KINDS);
    throw usageError(
      `There is no fault ${name}.`,
      meant === null ? `There are: ${FAULT_KINDS.join(', ')}.` : `Did you mean ${meant}?`,
    );
  });
};

/** A story, or the document that holds one. */
const readStory = (file: string): Run => {
  let read: ({ story?: Partial<Run> | null } & Partial<Run>) | null;
  try {
    read = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`, {
      code: 'USAGE',
      exitCode: EXIT.usage,
      hint: 'Write one with `keepwell simulate --json > story.json`.',
    });
  }
  const { seed, workspaces, hours, faults, only } = read?.story ?? read ?? {};
  if (!Array.isArray(only) || !Array.isArray(faults)) {
    throw usageError(`There is no story in ${file}.`, 'A run that breaks nothing has none.');
  }
  return runOf({
    seed: String(seed),
    workspaces: String(workspaces),
    hours: String(hours),
    faults: faults.length === 0 ? 'none' : faults.join(','),
    only: only.join(','),
  });
};
