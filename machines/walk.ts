import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyTransitionDefinition,
  createActor,
  fromPromise,
  type InspectionEvent,
} from 'xstate';
import { edgeIdOf } from './describe/edge-id.ts';

/** Where a walk begins: with a machine's input, or in the middle with what was stored. */
export type WalkStart = { input: unknown } | { snapshot: { value: unknown; context: unknown } };

/** A machine that is led step by step, without any of its effects. */
export type Walk = {
  /** The leaf state by dotted path, e.g. `wanted.online.converged`. */
  readonly state: string;
  readonly snapshot: AnyMachineSnapshot;
  /** The edges that the last step took, in order. */
  readonly edges: readonly string[];
  /** Tells the machine what happened. @throws whatever a guard or an action throws */
  take(event: { type: string }): void;
  /** Puts it elsewhere, as no event could. */
  jump(snapshot: { value: unknown; context: unknown }): void;
};

/** Walks a machine. Whatever it would invoke never settles by itself: the outcome is one of the events to take. */
export const walk = (machine: AnyStateMachine, start: WalkStart): Walk => {
  const inert = machine.provide({ actors: neverSettling(machine) } as never);
  const recorder = createEdgeRecorder();
  const begin = (from: WalkStart) => {
    const options =
      'input' in from
        ? { input: from.input }
        : { snapshot: { status: 'active', historyValue: {}, children: {}, ...from.snapshot } };
    const actor = createActor(inert, { ...options, inspect: recorder.inspect } as never);
    actor.subscribe({
      error: (error) => {
        fault = { error };
      },
    });
    actor.start();
    return actor;
  };
  let fault: { error: unknown } | null = null;
  let actor = begin(start);

  return {
    get state() {
      return leafOf((actor.getSnapshot() as AnyMachineSnapshot).value);
    },
    get snapshot() {
      return actor.getSnapshot() as AnyMachineSnapshot;
    },
    get edges() {
      return recorder.edgesOf(actor);
    },
    take(event) {
      actor.send(event);
      if (fault !== null) throw fault.error;
    },
    jump(snapshot) {
      actor.stop();
      actor = begin({ snapshot });
    },
  };
};

/** The leaf of a state value by dotted path; of parallel states all, with commas. */
export const leafOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : Object.entries(value as Record<string, unknown>)
        .map(([parent, child]) => `${parent}.${leafOf(child)}`)
        .join(',');

/** Remembers which transitions each actor of a system took in its last step. Give it everything that is inspected. */
export const createEdgeRecorder = () => {
  const taking = new WeakMap<object, AnyTransitionDefinition[]>();
  const taken = new WeakMap<object, AnyTransitionDefinition[]>();
  return {
    inspect(event: InspectionEvent): void {
      const { actorRef } = event;
      if (event.type === '@xstate.microstep') {
        taking.set(actorRef, [...(taking.get(actorRef) ?? []), ...event._transitions]);
      } else if (event.type === '@xstate.snapshot') {
        taken.set(actorRef, taking.get(actorRef) ?? []);
        taking.delete(actorRef);
      }
    },
    edgesOf: (actor: object): string[] => (taken.get(actor) ?? []).map(edgeIdOf),
  };
};

const neverSettling = (machine: AnyStateMachine) =>
  Object.fromEntries(
    Object.keys(machine.implementations.actors).map((name) => [
      name,
      fromPromise(() => new Promise<never>(() => undefined)),
    ]),
  );
