import type { AnyStateMachine, AnyTransitionDefinition } from 'xstate';
import { everyNode } from '../../../machines/describe/describe-machine.ts';
import { edgeIdOf } from '../../../machines/describe/edge-id.ts';

/** A transition without target and actions says "not here" or "all is well": nothing can be seen of its being taken. */
export const isInvisible = ({ target, actions }: AnyTransitionDefinition): boolean =>
  (target?.length ?? 0) === 0 && actions.length === 0;

/** Every transition of a machine whose being taken can be seen. */
export const visibleTransitions = (machine: AnyStateMachine): AnyTransitionDefinition[] =>
  [...everyNode(machine.root)]
    .flatMap((node) => [...[...node.transitions.values()].flat(), ...(node.always ?? [])])
    .filter((transition) => !isInvisible(transition));

/** The same by edge id. */
export const visibleEdges = (machine: AnyStateMachine): Set<string> =>
  new Set(visibleTransitions(machine).map(edgeIdOf));
