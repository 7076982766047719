import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** The dotted path of a state below its machine's root; empty for the root itself. */
export const nodeIdOf = (node: AnyStateNode): string => node.path.join('.');

/**
 * The name of a transition, the same in every process: where it starts, its event, and which of those it is.
 *
 * Understands what `StateNode.transitions`, `StateNode.always` and `StateNode.initial` hold, and what the inspector
 * reports of a microstep. A copy of a definition is not recognised: its place is -1.
 */
export const edgeIdOf = (transition: AnyTransitionDefinition): string => {
  const { source, eventType } = transition;
  if (eventType === null) return initialIdOf(source);
  const siblings = eventType === '' ? source.always : source.transitions.get(eventType);
  return `${nodeIdOf(source)}|${eventType}|${siblings?.indexOf(transition) ?? -1}`;
};

/** The arrow that says where a compound state begins. */
export const initialIdOf = (parent: AnyStateNode): string => `${nodeIdOf(parent)}|initial|0`;

/** The arrow that says where a history state leads when there is nothing to remember. */
export const historyIdOf = (history: AnyStateNode): string => `${nodeIdOf(history)}|history|0`;
