/** Which states, transitions and ways into `online` a set of walked edges covers, of all that the machine defines. */
import { type AnyStateNode, type AnyTransitionDefinition, getMicrosteps } from 'xstate';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';
import type { ModelEvent, Snapshot } from './model.ts';

export type Tally = { covered: Set<string>; all: Set<string> };

const pathOf = (node: AnyStateNode): string => node.path.join('.') || node.key;

/** Every state node but the history ones. */
export const allStateNodes = (node: AnyStateNode = workspaceMachine.root): AnyStateNode[] => [
  node,
  ...Object.values(node.states).flatMap((child) => allStateNodes(child)),
];

const guardName = ({ guard }: AnyTransitionDefinition): string => {
  if (guard === undefined) return '';
  if (typeof guard === 'string') return ` [${guard}]`;
  const { type, params } = guard as { type: string; params?: unknown };
  return ` [${type}${typeof params === 'string' ? ` ${params}` : ''}]`;
};

const label = (transition: AnyTransitionDefinition): string => {
  const targets = (transition.target ?? []).map(pathOf).join(', ') || 'stays';
  return `${pathOf(transition.source)}: ${transition.eventType || 'always'}${guardName(transition)} -> ${targets}`;
};

const definedOn = (node: AnyStateNode): AnyTransitionDefinition[] => [
  ...[...node.transitions.values()].flat(),
  ...(node.always ?? []),
];

/** A transition without target and actions says "not here" or "all is well": nothing can be seen of its being taken. */
const isInvisible = ({ target, actions }: AnyTransitionDefinition): boolean =>
  (target?.length ?? 0) === 0 && actions.length === 0;

export const allTransitions = (): Set<string> =>
  new Set(
    allStateNodes()
      .flatMap(definedOn)
      .filter((transition) => !isInvisible(transition))
      .map(label),
  );

/** Every way into `online` that the machine defines, by its transition. */
export const allWaysIntoOnline = (): Set<string> =>
  new Set([...allTransitions()].filter((name) => name.endsWith('-> wanted.online')));

/** The transitions that one event takes from a state, the eventless ones that follow included. */
export const transitionsTaken = (snapshot: Snapshot, event: ModelEvent): string[] => {
  const taken = (workspaceMachine.getTransitionData(snapshot as never, event as never) ?? []).map(label);
  const steps = getMicrosteps(workspaceMachine, snapshot, event as never);
  for (const [index, [after]] of steps.entries()) {
    const before = steps[index - 1]?.[0];
    if (before === undefined) continue;
    const followed = before._nodes
      .flatMap(({ always }) => always ?? [])
      .find(({ target }) => target?.some((node) => after._nodes.includes(node as never)));
    if (followed !== undefined) taken.push(label(followed));
  }
  return taken;
};

export const printTally = (title: string, { covered, all }: Tally): void => {
  const hit = [...all].filter((name) => covered.has(name)).length;
  console.log(
    `${title.padEnd(24)} ${String(hit).padStart(4)} of ${all.size}  ${((100 * hit) / all.size).toFixed(1)} %`,
  );
};

export const missing = ({ covered, all }: Tally): string[] => [...all].filter((name) => !covered.has(name));
