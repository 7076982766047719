import { type AnyStateNode, type InvokeConfig, StateMachine } from 'xstate';

export type Invoke = {
  /** As its events carry it. */
  id: string;
  /** The name of the logic; `actor` where it was given without one. */
  src: string;
  /** What people call it: its id where it was given one. */
  name: string;
  /** The machine that is invoked, where it is one. */
  machine: string | null;
};

/** What a state invokes while it is active. */
export const invokesOf = (node: AnyStateNode): Invoke[] =>
  node.invoke.map(({ id }, index) => {
    const given = ([node.config.invoke].flat() as InvokeGiven[])[index];
    const src = typeof given?.src === 'string' ? given.src : 'actor';
    const logic: unknown =
      typeof given?.src === 'string' ? node.machine.implementations.actors[given.src] : given?.src;
    return { id, src, name: given?.id ?? src, machine: logic instanceof StateMachine ? logic.id : null };
  });

// oxlint-disable-next-line typescript/no-explicit-any -- as loose as XState's own AnyStateNode
type InvokeGiven = InvokeConfig<any, any, any, any, any, any, any, any>;
