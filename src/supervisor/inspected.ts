import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { childrenOf } from './children.ts';
import type { Entry } from './entry.ts';
import type { InspectedActor, InspectedSnapshot } from './watching-api.ts';

/** The actors of one workspace as an inspector wants them: its own, then those that it has invoked. */
export const inspectedActors = (entry: Entry): InspectedActor[] => [
  {
    sessionId: entry.id,
    rootId: entry.id,
    parentId: null,
    name: entry.spec.name,
    definition: definitionOf(entry.actor.logic),
    snapshot: plainSnapshot(entry.snapshot),
  },
  ...childrenOf(entry).map(({ id, ref, snapshot }) => ({
    sessionId: `${entry.id}/${id}/${ref.sessionId}`,
    rootId: entry.id,
    parentId: entry.id,
    name: `${entry.spec.name} ${id}`,
    definition: definitionOf(snapshot.machine),
    snapshot: plainSnapshot(snapshot),
  })),
];

const definitions = new WeakMap<object, string>();

/** A machine's definition as JSON has it: what is code is left out. */
const definitionOf = (machine: AnyStateMachine): string => {
  const known = definitions.get(machine) ?? JSON.stringify(machine.config);
  definitions.set(machine, known);
  return known;
};

const plainSnapshot = ({ status, value, context, tags }: AnyMachineSnapshot): InspectedSnapshot => ({
  status,
  value,
  context,
  tags: [...tags],
});
