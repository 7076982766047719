import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { type Action, readAction } from '../../../machines/describe/action-words.ts';
import { type Guard, guardWords, readGuard } from '../../../machines/describe/guard-words.ts';
import { invokesOf } from '../../../machines/describe/invokes.ts';

/**
 * The machine as a config without functions: `createMachine(JSON.parse(text))` has the same states and transitions,
 * and Stately's editor opens it.
 *
 * Guards, actions, actors and delays are names. Parameters that are computed from an event are left out. A guard made
 * of others is one guard called as people read it.
 */
export const jsonOf = (machine: AnyStateMachine): string =>
  `${JSON.stringify(stateOf(machine.root), null, 2)}\n`;

/** What is undefined or an empty list is not written. */
const stateOf = (node: AnyStateNode): object => {
  const { config, type, states } = node;
  const after = node.after.map(({ delay, eventType }): [string, object] => [
    String(delay),
    transitionsOf(node, eventType),
  ]);
  const taken = new Set([
    ...node.after.map(({ eventType }) => eventType),
    ...node.invoke.flatMap(({ id }) => [
      `xstate.done.actor.${id}`,
      `xstate.error.actor.${id}`,
      `xstate.snapshot.${id}`,
    ]),
    `xstate.done.state.${node.id}`,
  ]);
  const on = [...node.transitions.keys()]
    .filter((event) => !taken.has(event))
    .map((event): [string, object] => [event, transitionsOf(node, event)]);
  return written({
    id: node.parent === undefined ? node.id : config.id,
    description: node.description,
    type: type === 'atomic' || type === 'compound' ? undefined : type,
    history: type === 'history' ? node.history : undefined,
    target: type === 'history' ? (config as { target?: unknown }).target : undefined,
    tags: node.tags,
    meta: node.meta,
    initial: type === 'compound' ? initialOf(node) : undefined,
    entry: actionsOf(config.entry),
    exit: actionsOf(config.exit),
    invoke: invokesOf(node).map(({ id, src }, index) =>
      written({
        id: ([config.invoke].flat()[index] as { id?: string } | undefined)?.id,
        src,
        onDone: transitionsOf(node, `xstate.done.actor.${id}`),
        onError: transitionsOf(node, `xstate.error.actor.${id}`),
        onSnapshot: transitionsOf(node, `xstate.snapshot.${id}`),
      }),
    ),
    on: on.length === 0 ? undefined : Object.fromEntries(on),
    onDone: transitionsOf(node, `xstate.done.state.${node.id}`),
    after: after.length === 0 ? undefined : Object.fromEntries(after),
    always: (node.always ?? []).map(transitionOf),
    states:
      Object.keys(states).length === 0
        ? undefined
        : Object.fromEntries(
            Object.entries(states).map(([key, state]) => [key, stateOf(state as AnyStateNode)]),
          ),
  });
};

const initialOf = ({ initial }: AnyStateNode): unknown => {
  const key = initial.target?.[0]?.key;
  const actions = actionsOf(initial.actions);
  return actions.length === 0 && initial.description === undefined
    ? key
    : written({ target: key, actions, description: initial.description });
};

const transitionsOf = (node: AnyStateNode, event: string): object[] =>
  (node.transitions.get(event) ?? []).map(transitionOf);

const transitionOf = ({ target, guard, actions, reenter, description }: AnyTransitionDefinition): object => {
  const targets = target?.map(addressOf);
  return written({
    description,
    guard: guard === undefined ? undefined : guardOf(guard),
    target: targets?.length === 1 ? targets[0] : targets,
    reenter: reenter || undefined,
    actions: actionsOf(actions),
  });
};

/** From the root, whatever ids states between have. */
const addressOf = ({ machine, path }: AnyStateNode): string =>
  `#${[machine.root.id, ...path].map((key) => key.replaceAll('.', '\\.')).join('.')}`;

const guardOf = (guard: Guard): unknown => {
  const tree = readGuard(guard);
  if (tree.kind !== 'named') return guardWords(guard);
  return tree.params === undefined ? tree.name : { type: tree.name, params: tree.params };
};

const actionsOf = (actions: unknown): unknown[] =>
  actions === undefined
    ? []
    : ([actions].flat() as Action[]).map((action) => {
        const { name, params } = readAction(action);
        return params === undefined ? name : { type: name, params };
      });

const written = (given: Record<string, unknown>): object =>
  Object.fromEntries(
    Object.entries(given).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  );
