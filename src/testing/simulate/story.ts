import { type DurationMs, MINUTE } from '../../../machines/time.ts';
import { type Action, FAULT_KINDS } from './action.ts';
import { shrink } from './shrink.ts';
import { type Simulation, type SimulationOptions, type StepTold, simulate } from './simulate.ts';
import { tellAction, tellMoment } from './tell-action.ts';
import type { Broken } from './watch.ts';
import { BEGINNING } from './world.ts';

/** The shortest run that was found to break the same invariant, in words. */
export type Story = {
  seed: number;
  workspaces: number;
  hours: number;
  faults: readonly string[];
  /** The actions of the plan that are needed. */
  only: number[];
  broken: Broken;
  /** What happened, in order, as sentences with their moments; the last one says what is broken. */
  sentences: string[];
  /** What shows it again. */
  command: string;
};

/** So many runs are spent on making a story shorter. */
const TRIES = 150;
const HOUR: DurationMs = 60 * MINUTE;
/** Of what the workspace did itself, the end is told. */
const STEPS_TOLD = 14;

/**
 * Makes what a failing run shows as short as possible, and tells it. `how` is what it was run with, `tries` how many
 * runs are spent on it. @throws when the run has nothing to tell
 */
export const tellStory = async (
  failed: Simulation,
  how: Pick<SimulationOptions, 'faults' | 'only' | 'also'>,
  tries = TRIES,
): Promise<Story> => {
  const [first] = failed.broken;
  if (first === undefined) throw new RangeError('Nothing is broken in that run.');
  const { seed, workspaces } = failed;
  const { faults, only, also = [] } = how;
  const isShownIn = async (hours: number, left?: readonly number[]): Promise<boolean> => {
    const kept = left === undefined ? {} : { only: left };
    const run = await simulate({ seed, workspaces, hours, faults, also, ...kept });
    return run.broken[0]?.name === first.name;
  };
  const endMs = first.at - BEGINNING;
  // Nothing that comes after it can be its cause: the hours up to there are enough, if it still shows then.
  const fewer = Math.min(failed.hours, Math.ceil(endMs / HOUR));
  const hours = fewer < failed.hours && (await isShownIn(fewer, only)) ? fewer : failed.hours;
  const numbers = failed.plan
    .filter(({ n, atMs }) => atMs <= endMs && (only === undefined || only.includes(n)))
    .map(({ n }) => n);
  const shows = (left: readonly number[]) => isShownIn(hours, left);
  const needed = (await shows(numbers)) ? await shrink(numbers, shows, tries) : numbers;
  return retell({ seed, workspaces, hours, faults, also, only: needed });
};

/** Runs a story and tells it, whatever comes of it. @throws when nothing is broken in it */
export const retell = async (options: SimulationOptions & { only: readonly number[] }): Promise<Story> => {
  const { seed, workspaces = 4, hours = 4, faults, only } = options;
  const actions: Action[] = [];
  const steps: StepTold[] = [];
  const run = await simulate({
    ...options,
    onAction: (action) => actions.push(action),
    onStep: (step) => steps.push(step),
  });
  const [broken] = run.broken;
  if (broken === undefined) throw new RangeError('Nothing is broken in that run.');
  const concerned = steps.filter(
    ({ workspace }) => broken.workspace === null || workspace === broken.workspace,
  );
  const told: { atMs: DurationMs; words: string }[] = [
    ...actions.map((action) => ({ atMs: action.atMs, words: `${capital(tellAction(action))}.` })),
    ...concerned.slice(-STEPS_TOLD).map((step) => ({ atMs: step.atMs, words: tellStep(step) })),
  ];
  const brokenAtMs = broken.at - BEGINNING;
  const sentences = told
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ atMs, words }) => `${tellMoment(atMs)}  ${words}`);
  const whom = broken.workspace === null ? '' : ` ${broken.workspace}:`;
  sentences.push(
    `${tellMoment(brokenAtMs)}  Broken: ${broken.name} (${broken.number}).${whom} ${broken.words}.`,
  );
  const kept = actions.map(({ n }) => n);
  return {
    seed,
    workspaces,
    hours,
    faults,
    only: kept.length > 0 ? kept : [...only],
    broken,
    sentences,
    command: [
      'keepwell simulate',
      `--seed ${seed}`,
      `--workspaces ${workspaces}`,
      `--hours ${hours}`,
      `--faults ${tellFaults(faults)}`,
      `--only ${(kept.length > 0 ? kept : only).join(',')}`,
    ].join(' '),
  };
};

const tellFaults = (faults: readonly string[]): string => {
  if (faults.length === 0) return 'none';
  return faults.length === FAULT_KINDS.length ? 'all' : faults.join(',');
};

const tellStep = ({ workspace, event, from, to }: StepTold): string => {
  const moved = from === to || from === null ? `stays ${to}` : `goes from ${from} to ${to}`;
  return `  ${workspace} ${from === null ? `begins as ${to}` : moved} (${event}).`;
};

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
