import { availableParallelism } from 'node:os';
import {
  INVARIANTS,
  type SimulationOptions,
  type Story,
  simulate,
  tellAction,
  tellMoment,
  tellStory,
} from '../../testing/simulate/index.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { type SeedResult, simulateSeeds } from './seeds.ts';
import { addUp, type Totals, tellTotals } from './totals.ts';

/** One run, wholly given. */
export type Run = Required<Pick<SimulationOptions, 'seed' | 'workspaces' | 'hours' | 'faults'>> &
  Pick<SimulationOptions, 'only'>;

/** Runs one world, tells what it did, and of what it broke the story. Returns the exit code. */
export const simulateOne = async (out: Output, run: Run, steps: boolean): Promise<number> => {
  const begun = performance.now();
  const result = await simulate({
    ...run,
    ...(steps
      ? {
          onAction: (act) => out.line(`${tellMoment(act.atMs)}  ${act.n}. ${tellAction(act)}`),
          onStep: ({ atMs, workspace, event, from, to }) =>
            out.line(`${tellMoment(atMs)}    ${workspace} ${from ?? 'nothing'} → ${to} (${event})`),
        }
      : {}),
  });
  const totals = addUp(null, result);
  const story = result.broken.length === 0 ? null : await tellStory(result, run);
  return conclude(out, totals, story, performance.now() - begun);
};

/** Runs a world for each seed, in threads, and tells the story of the first that broke something. Returns the exit code. */
export const simulateMany = async (
  out: Output,
  run: Run,
  seeds: { first: number; last: number },
  {
    jobs = availableParallelism(),
    stopAtFirst = false,
  }: { jobs?: number | undefined; stopAtFirst?: boolean },
): Promise<number> => {
  const begun = performance.now();
  let totals: Totals | null = null;
  let failed: SeedResult | null = null;
  await simulateSeeds(seeds, run, jobs, (result) => {
    totals = addUp(totals, result);
    const [broken] = result.broken;
    if (broken !== undefined) {
      failed ??= result;
      out.line(`seed ${result.seed}: ${broken.name} (${broken.number}), ${broken.words}`);
    }
    if (totals.seeds % 500 === 0) out.notice(`${totals.seeds} seeds`);
    return broken === undefined || !stopAtFirst;
  });
  const story = failed === null ? null : await storyOf(run, failed);
  return conclude(out, totals, story, performance.now() - begun);
};

/** The thread kept its plan to itself. */
const storyOf = async (run: Run, { seed }: SeedResult): Promise<Story> =>
  tellStory(await simulate({ ...run, seed }), run);

const conclude = (out: Output, totals: Totals | null, story: Story | null, tookMs: number): number => {
  if (totals === null) return EXIT.ok;
  const hoursPerSecond = totals.simulatedHours / (tookMs / 1000);
  out.document({
    ...totals,
    tookSeconds: Math.round(tookMs / 100) / 10,
    hoursPerSecond: Math.round(hoursPerSecond * 10) / 10,
    invariants: INVARIANTS,
    story,
  });
  for (const line of tellTotals(totals, tookMs)) out.line(line);
  out.line();
  out.line(`Held against ${INVARIANTS.length} invariants: ${tellInvariants()}.`);
  out.line();
  if (story === null) {
    out.line(out.style('green', 'None was broken.'));
    return EXIT.ok;
  }
  out.line(out.style('red', `Broken with seed ${story.seed}. The shortest story of it that was found:`));
  for (const sentence of story.sentences) out.line(sentence);
  out.line();
  out.line(`Again: ${story.command}`);
  return EXIT.failed;
};

const tellInvariants = (): string => INVARIANTS.map(({ number, name }) => `${name} (${number})`).join(', ');
