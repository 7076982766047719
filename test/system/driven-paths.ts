/** The paths through the workspace machine that a real supervisor is led along, and how they go on from anywhere. */
import type { AnyMachineSnapshot } from 'xstate';
import { edgeIdOf, nodeIdOf } from '../../machines/describe/edge-id.ts';
import { leafOf } from '../../machines/walk.ts';
import { isPending } from '../../machines/workspace/delivery.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';
import { generatePaths } from '../../src/testing/index.ts';
import { casesIn } from '../../src/testing/paths/cases-in.ts';
import { createStepper } from '../../src/testing/paths/stepper.ts';
import type { Case, Path, PathOptions, Start, Step, WorldOptions } from '../../src/testing/paths/types.ts';
import { visibleTransitions } from '../../src/testing/paths/visible.ts';
import {
  WORKSPACE_STARTS,
  WORKSPACE_WORLD,
  workspaceCases,
  workspaceKey,
  workspaceOutcomes,
} from '../../src/testing/paths/workspace-cases.ts';
import type { Snapshot } from '../machines/model.ts';

const OF_WHAT_RUNS = new Set([
  'operator.paused',
  'operator.hibernated',
  'operator.removed',
  'operator.rolledBack',
]);

/** What traffic can bring about. A beat in between moves nothing. */
const isDrivable = ({ context }: Snapshot, { event, title }: Pick<Case, 'event' | 'title'>): boolean => {
  const { type, complete } = event;
  if (title === 'an earlier process exits') return false;
  if (type === 'instance.exited') return hasProcess(context);
  // Nothing of ours runs for an external workspace, so nothing of it can be held.
  if (!context.owned && OF_WHAT_RUNS.has(type)) return false;
  // Only what is held can be released.
  if (type === 'operator.released') return context.plugins.suspicion.held.some(({ name }) => name === 'a');
  // Newer than what is installed, that is; and what is held is not followed.
  if (type === 'plugins.outdated' || type === 'operator.dismissed') return isInstalled(context);
  // What is known already is not told a second time.
  return !(type === 'plugins.reported' && complete === true && !isPending(context));
};

const hasProcess = ({ incarnation, endedIncarnation, reason }: Snapshot['context']): boolean =>
  incarnation > endedIncarnation && !reason?.message.startsWith('It could not be started');

const isInstalled = ({ plugins }: Snapshot['context']): boolean =>
  plugins.generation > 0 && plugins.suspicion.held.length === 0;

/** Whether something that may happen is followed. */
export type Follows = (one: { type: string; title: string }) => boolean;

const worldOf = (follows: Follows = () => true): WorldOptions => ({
  ...WORKSPACE_WORLD,
  cases: (given) => {
    const snapshot = given as Snapshot;
    return workspaceCases(given).filter(
      (one) => isDrivable(snapshot, one) && follows({ type: one.event.type, title: one.title }),
    );
  },
  // An effect of ours never rejects.
  outcomes: (actor, given) =>
    workspaceOutcomes(actor, given).filter(
      (one) => !('error' in one) && follows({ type: `${actor}.settled`, title: one.title ?? '' }),
    ),
  // Whether there is something that can be newer.
  key: (given) => `${workspaceKey(given)} | ${isInstalled((given as Snapshot).context)}`,
});

export const drivenPaths = (options: PathOptions, follows?: Follows): readonly Path[] => {
  const { paths, cut } = generatePaths(workspaceMachine, { ...options, ...worldOf(follows) });
  if (cut.length > 0) throw new Error(cut.map(({ text }) => text).join('; '));
  return paths;
};

const stepper = createStepper(workspaceMachine);

/** Where a path leads to, so that it can go on from there. */
export const follow = (path: Pick<Path, 'start' | 'steps'>): Snapshot => {
  let { snapshot } = stepper.begin(startOf(path));
  for (const { event } of path.steps) ({ snapshot } = stepper.take(snapshot, event));
  return snapshot as Snapshot;
};

const startOf = ({ start }: Pick<Path, 'start'>): Start =>
  WORKSPACE_STARTS.find(({ input }) => 'input' in start && input === start.input) as Start;

export const isOwned = (path: Pick<Path, 'start'>): boolean =>
  ((startOf(path).input ?? {}) as { owned?: boolean }).owned === true;

const take = (before: AnyMachineSnapshot, one: Case): { step: Step; after: AnyMachineSnapshot } => {
  const { snapshot: after, edges } = stepper.take(before, one.event);
  const step = {
    ...one,
    from: leafOf(before.value),
    to: leafOf(after.value),
    edges,
    moved: after !== before,
  };
  return { step, after };
};

/** One step that is possible there, by its name. */
export const stepNamed = (
  from: AnyMachineSnapshot,
  name: string,
): { step: Step; after: AnyMachineSnapshot } => {
  const one = casesIn(from, worldOf()).find((each) => each.name === name);
  if (one === undefined) throw new Error(`${name} cannot happen in ${leafOf(from.value)}`);
  return take(from, one);
};

/** The shortest way on to a step that is looked for; null when there is none. */
export const onward = (
  from: AnyMachineSnapshot,
  isIt: (step: Step) => boolean,
  follows?: Follows,
): Step[] | null => {
  const world = worldOf(follows);
  const seen = new Set([workspaceKey(from)]);
  const queue: { at: AnyMachineSnapshot; steps: Step[] }[] = [{ at: from, steps: [] }];
  for (const { at, steps } of queue) {
    for (const one of casesIn(at, world)) {
      const { step, after } = take(at, one);
      if (isIt(step)) return [...steps, step];
      if (!step.moved || seen.has(workspaceKey(after)) || steps.length > 5) continue;
      seen.add(workspaceKey(after));
      queue.push({ at: after, steps: [...steps, step] });
    }
  }
  return null;
};

/** Every way into `online` that the machine defines: the ids of its edges. */
export const WAYS_INTO_ONLINE: readonly string[] = visibleTransitions(workspaceMachine)
  .filter(({ target }) => target?.some((node) => nodeIdOf(node) === 'wanted.online'))
  .map(edgeIdOf);
