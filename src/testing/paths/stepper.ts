import {
  type ActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyTransitionDefinition,
  createEmptyActor,
  fromPromise,
} from 'xstate';
import { everyNode } from '../../../machines/describe/describe-machine.ts';
import { edgeIdOf } from '../../../machines/describe/edge-id.ts';
import { leafOf } from '../../../machines/walk.ts';
import { KeepwellError } from '../../errors.ts';
import type { Start } from './types.ts';

/** Where one event led, and the edges it took on the way, in order. */
export type Taken = { snapshot: AnyMachineSnapshot; edges: readonly string[] };

export type Stepper = {
  begin(start: Start): Taken;
  take(snapshot: AnyMachineSnapshot, event: { type: string }): Taken;
};

type Scope = ActorScope<AnyMachineSnapshot, { type: string }>;

/**
 * Steps a machine without running anything of it: no effect, no timer, no child.
 *
 * XState's own `transition` makes an actor for each step; one scope for all of them is several times as fast.
 *
 * @throws {KeepwellError} `MACHINE_BREAKS` when a guard, an action or the context's factory throws
 */
export const createStepper = (machine: AnyStateMachine): Stepper => {
  const inert = machine.provide({ actors: neverSettling(machine), delays: ofAnyLength(machine) } as never);
  const ids = new WeakMap<AnyTransitionDefinition, string>();
  const idOf = (transition: AnyTransitionDefinition): string => {
    let id = ids.get(transition);
    if (id === undefined) ids.set(transition, (id = edgeIdOf(transition)));
    return id;
  };
  let taken: AnyTransitionDefinition[] = [];
  const scope = inertScope((transitions) => taken.push(...transitions));
  const record = (step: () => AnyMachineSnapshot): Taken => {
    taken = [];
    const snapshot = step();
    return { snapshot, edges: taken.filter(({ eventType }) => eventType !== null).map(idOf) };
  };

  return {
    begin({ title, input }) {
      const begun = record(() => inert.getInitialSnapshot(scope as never, input) as AnyMachineSnapshot);
      const { status, error } = begun.snapshot as { status: string; error?: unknown };
      if (status === 'error') throw broken(`${machine.id} cannot begin (${title})`, error, 'starts');
      return begun;
    },
    take(snapshot, event) {
      const where = `${leafOf(snapshot.value)} cannot take ${event.type}`;
      const after = record(() => {
        try {
          return inert.transition(snapshot, event, scope as never) as AnyMachineSnapshot;
        } catch (error) {
          throw broken(where, error, 'cases');
        }
      });
      if (after.snapshot.status === 'error') throw broken(where, after.snapshot.error, 'outcomes');
      return after;
    },
  };
};

const HINTS = {
  starts: 'Give `starts` with the input that the machine needs.',
  cases: 'Give `cases` or `outcomes` with what its guards and actions read.',
  outcomes: 'Give `outcomes` without that one, or let the machine handle it (`onError`).',
};

const broken = (where: string, error: unknown, hint: keyof typeof HINTS): KeepwellError =>
  new KeepwellError('MACHINE_BREAKS', {
    message: `${where}: ${error instanceof Error ? error.message : String(error)}`,
    hint: HINTS[hint],
  });

const inertScope = (onTransitions: (transitions: readonly AnyTransitionDefinition[]) => void): Scope => {
  const self = createEmptyActor();
  const system = self.system as typeof self.system & {
    _set: (systemId: string, actor: object) => void;
    _sendInspectionEvent: (event: { type: string; _transitions?: AnyTransitionDefinition[] }) => void;
  };
  system._sendInspectionEvent = ({ type, _transitions }) => {
    if (type === '@xstate.microstep') onTransitions(_transitions ?? []);
  };
  // One system stands for every moment of every walk, so a child's name is taken many times.
  system._set = () => {};
  return {
    self,
    system,
    id: '',
    sessionId: '',
    logger: () => {},
    defer: () => {},
    stopChild: () => {},
    emit: () => {},
    actionExecutor: () => {},
  } as unknown as Scope;
};

const neverSettling = (machine: AnyStateMachine) =>
  Object.fromEntries(
    Object.keys(machine.implementations.actors).map((name) => [
      name,
      fromPromise(() => new Promise<never>(() => undefined)),
    ]),
  );

/** Only that it waits counts. XState would not wait at all for a delay that is provided elsewhere. */
const ofAnyLength = (machine: AnyStateMachine) =>
  Object.fromEntries(
    [
      ...Object.keys(machine.implementations.delays),
      ...[...everyNode(machine.root)].flatMap(({ config }) => Object.keys(config.after ?? {})),
    ].map((name) => [name, 1]),
  );
