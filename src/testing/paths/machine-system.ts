import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { createStepper } from './stepper.ts';
import type { System } from './types.ts';

/** The machine itself as the system under test: every path of a machine is green against it. */
export const machineSystem = (machine: AnyStateMachine): System => {
  const stepper = createStepper(machine);
  let snapshot: AnyMachineSnapshot;
  return {
    begin: ({ start }) => {
      if (!('input' in start)) throw new Error('a path that begins in the middle cannot be followed here');
      ({ snapshot } = stepper.begin({ title: 'it', input: start.input }));
    },
    events: {
      '*': ({ event }) => {
        ({ snapshot } = stepper.take(snapshot, event));
      },
    },
    state: () => snapshot.value,
  };
};
