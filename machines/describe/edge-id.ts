import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** A state's dotted path below the root, which itself is `''`. */
export const nodeIdOf = ({ path }: AnyStateNode): string => path.join('.');

/**
 * Names a transition of a definition: `source|event|index`, by its place among those of its state and event.
 *
 * The event of an eventless one is `''`.
 */
export const edgeIdOf = (transition: AnyTransitionDefinition): string => {
  const { source, eventType } = transition;
  const siblings = eventType === '' ? source.always : source.transitions.get(eventType);
  return `${nodeIdOf(source)}|${eventType}|${Math.max(0, siblings?.indexOf(transition as never) ?? 0)}`;
};
