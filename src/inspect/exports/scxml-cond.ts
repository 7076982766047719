import type { AnyStateMachine, AnyTransitionDefinition } from 'xstate';
import { everyNode } from '../../../machines/describe/describe-machine.ts';
import { type Guard, type GuardTree, readGuard } from '../../../machines/describe/guard-words.ts';
import { scxmlEvent, scxmlId } from './scxml-names.ts';

/**
 * When a transition may be taken, as an ECMAScript expression; null: always.
 *
 * A guard is a call of a function of its name, which whoever runs the document provides.
 */
export const scxmlCond = (transition: AnyTransitionDefinition): string | null => {
  const { guard, source } = transition;
  const conditions = [
    isPrefixOfAnother(transition) ? isExactly(scxmlEvent(transition)) : null,
    guard === undefined ? null : expressionOf(readGuard(guard as Guard), source.machine),
  ].filter((each) => each !== null);
  return conditions.length === 0 ? null : conditions.join(' && ');
};

/** In SCXML `order` stands for `order.paid` too, in XState it does not. */
export const isExactly = (event: string): string => `_event.name === ${JSON.stringify(event)}`;

const isPrefixOfAnother = (transition: AnyTransitionDefinition): boolean => {
  const { source, eventType } = transition;
  if (eventType === '' || eventType.endsWith('*')) return false;
  const prefix = `${scxmlEvent(transition)}.`;
  return eventsOf(source.machine).some((other) => other.startsWith(prefix));
};

/** What a machine waits for, and what its states raise when they are done. */
const eventsOf = (machine: AnyStateMachine): string[] =>
  [...everyNode(machine.root)].flatMap((source) =>
    [`xstate.done.state.${source.id}`, ...source.transitions.keys()].map((eventType) =>
      scxmlEvent({ source, eventType }),
    ),
  );

const expressionOf = (tree: GuardTree, machine: AnyStateMachine): string => {
  if (tree.kind === 'inline') return callOf('guard', undefined);
  if (tree.kind === 'named') return callOf(tree.name, tree.params);
  if (tree.kind === 'in') {
    const isIn = idsOf(tree.state, machine).map((id) => `In(${JSON.stringify(id)})`);
    return isIn.join(' && ');
  }
  const parts = tree.guards.map((each) => expressionOf(each, machine));
  if (tree.kind === 'not') return parts.map((part) => `!(${part})`).join(' && ');
  return `(${parts.join(tree.kind === 'and' ? ' && ' : ' || ')})`;
};

const callOf = (name: string, params: unknown): string => {
  const called = /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? name : `guards[${JSON.stringify(name)}]`;
  return `${called}(${params === undefined ? '' : JSON.stringify(params)})`;
};

/** The states that a state value names: `#id`, `a.b` or `{ a: 'b' }`. */
const idsOf = (value: unknown, machine: AnyStateMachine): string[] => {
  if (typeof value === 'string' && value.startsWith('#')) return [scxmlId(machine.getStateNodeById(value))];
  return pathsOf(value).map((path) =>
    scxmlId(path.reduce((node, key) => node.states[key] ?? node, machine.root)),
  );
};

const pathsOf = (value: unknown): string[][] => {
  if (typeof value === 'string') return [value.split('.')];
  const entries = Object.entries((value ?? {}) as Record<string, unknown>);
  return entries.flatMap(([key, inner]) => {
    const paths = pathsOf(inner);
    return paths.length === 0 ? [[key]] : paths.map((path) => [key, ...path]);
  });
};
