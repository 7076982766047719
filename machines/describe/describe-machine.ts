import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { type Action, actionWords } from './action-words.ts';
import { describeTransitions, type EdgeDescription } from './describe-transitions.ts';
import { nodeIdOf } from './edge-id.ts';
import { invokesOf } from './invokes.ts';

export type NodeDescription = {
  /** The dotted path below the root. */
  id: string;
  key: string;
  parent: string | null;
  kind: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  /** Whether a history state remembers the states within states too. */
  deep: boolean;
  initial: string | null;
  description: string | null;
  tags: string[];
  /** `machine`: the name of the machine that is invoked, where it is one. */
  invokes: { id: string; src: string; machine: string | null }[];
  entry: string[];
  exit: string[];
};

export type MachineDescription = {
  name: string;
  description: string | null;
  nodes: NodeDescription[];
  edges: EdgeDescription[];
};

/** Everything that a machine's definition says, read from the machine itself; states in the order of the document. */
export const describeMachine = (machine: AnyStateMachine): MachineDescription => {
  const all = [...everyNode(machine.root)];
  return {
    name: machine.id,
    description: machine.root.description ?? null,
    nodes: all.filter((node) => node.parent !== undefined).map(describeNode),
    edges: all.flatMap(describeTransitions),
  };
};

/** A state and all states within it, outermost first. */
export function* everyNode(node: AnyStateNode): Generator<AnyStateNode> {
  yield node;
  for (const child of Object.values(node.states)) yield* everyNode(child as AnyStateNode);
}

const describeNode = (node: AnyStateNode): NodeDescription => ({
  id: nodeIdOf(node),
  key: node.key,
  parent: node.parent?.parent === undefined ? null : nodeIdOf(node.parent),
  kind: node.type,
  deep: node.history === 'deep',
  initial: node.type === 'compound' ? (node.initial.target ?? []).map(nodeIdOf).join(' ') : null,
  description: node.description ?? null,
  tags: node.tags,
  invokes: invokesOf(node).map(({ id, src, machine }) => ({ id, src, machine })),
  // What XState adds for `after` is not the author's.
  entry: actionsOf(node.config.entry),
  exit: actionsOf(node.config.exit),
});

const actionsOf = (actions: unknown): string[] =>
  actions === undefined ? [] : ([actions].flat() as Action[]).map(actionWords);
