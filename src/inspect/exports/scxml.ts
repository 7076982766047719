import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { type Action, readAction } from '../../../machines/describe/action-words.ts';
import { describeTransitions } from '../../../machines/describe/describe-transitions.ts';
import { invokesOf } from '../../../machines/describe/invokes.ts';
import { conditionOf, scxmlEvent, scxmlId } from './scxml-words.ts';
import { attributes } from './xml.ts';

/**
 * The machine as W3C SCXML.
 *
 * - Ids are XState's paths from the machine's name: `workspace.wanted.online`. The machine itself is the one state at
 *   the top, as it may have transitions of its own; where it can end, `…-end` is the final state beside it.
 * - A guard is a condition of ECMAScript that calls it by name: `isOwned()`, `isDeadline("restartAt")`. Parameters
 *   that are computed from an event are left out.
 * - An action is an element of a namespace of its own, which interpreters may give a meaning.
 * - `after` is a `send` with a delay on entry, cancelled on exit; a delay with a name is an expression.
 * - What an invocation ends with is `done.invoke.<id>` and `error.invoke.<id>`, a finished state `done.state.<id>`.
 * - Transitions that do not re-enter are `internal`. SCXML knows that for those into the source alone: a transition to
 *   the source itself is taken from outside there, and runs its exit and entry.
 * - An event of SCXML also matches longer names with the same beginning; the more exact transition comes first.
 */
export const scxmlOf = ({ root }: AnyStateMachine): string => {
  const canEnd = Object.values(root.states).some((node) => (node as AnyStateNode).type === 'final');
  const id = scxmlId(root);
  const head = { version: '1.0', datamodel: 'ecmascript', name: root.id, initial: id };
  const end = canEnd ? [`  <final${attributes({ id: `${id}-end` })}/>`] : [];
  const ending = canEnd
    ? [`    <transition${attributes({ event: `done.state.${id}`, target: `${id}-end` })}/>`]
    : [];
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<scxml xmlns="http://www.w3.org/2005/07/scxml" xmlns:x="urn:xstate:actions"${attributes(head)}>`,
    ...stateOf(root, '  ', ending),
    ...end,
    '</scxml>',
  ].join('\n')}\n`;
};

const stateOf = (node: AnyStateNode, indent: string, more: string[] = []): string[] => {
  const inner = `${indent}  `;
  const id = scxmlId(node);
  if (node.type === 'history') return historyOf(node, indent);
  const name = node.type === 'parallel' || node.type === 'final' ? node.type : 'state';
  const isPlain = node.type === 'compound' && actionsOf(node.initial.actions).length === 0;
  const initial = isPlain ? targetsOf(node.initial.target ?? []) : null;
  const within = [
    ...(node.type === 'compound' && !isPlain
      ? element(
          'initial',
          {},
          transitionOf(node.initial as AnyTransitionDefinition, `${inner}  `, null),
          inner,
        )
      : []),
    ...block('onentry', [...actionsOf(node.config.entry), ...sendsOf(node)], inner),
    ...block('onexit', [...actionsOf(node.config.exit), ...cancelsOf(node)], inner),
    ...invokesOf(node).map((each) => `${inner}<invoke${attributes({ id: each.id, src: each.src })}/>`),
    ...(node.always ?? []).flatMap((each) => transitionOf(each, inner, null)),
    ...[...node.transitions]
      .sort(([one], [other]) => other.length - one.length)
      .flatMap(([event, all]) => all.flatMap((each) => transitionOf(each, inner, scxmlEvent(event, node)))),
    ...more,
    ...Object.values(node.states).flatMap((child) => stateOf(child as AnyStateNode, inner)),
  ];
  return element(name, { id, initial }, within, indent);
};

const historyOf = (node: AnyStateNode, indent: string): string[] => {
  const [edge] = describeTransitions(node);
  const parent = node.parent as AnyStateNode;
  const targets = edge === undefined ? [] : [edge.target, ...edge.more_targets];
  // A parallel parent is entered in all of its regions.
  const regions = Object.values(parent.states).filter((each) => (each as AnyStateNode).type !== 'history');
  const ids =
    targets[0] === parent.path.join('.')
      ? targetsOf(regions as AnyStateNode[])
      : targets.map((path) => scxmlId(node.machine.root, path?.split('.'))).join(' ');
  const within = [`${indent}  <transition${attributes({ target: ids })}/>`];
  return element(
    'history',
    { id: scxmlId(node), type: node.history === 'deep' ? 'deep' : 'shallow' },
    within,
    indent,
  );
};

const transitionOf = (
  transition: AnyTransitionDefinition,
  indent: string,
  event: string | null,
): string[] => {
  const { target, guard, actions, reenter } = transition;
  const given = {
    event,
    cond: guard === undefined ? null : conditionOf(guard, transition.source),
    target: target === undefined ? null : targetsOf(target),
    type: target === undefined || reenter || event === null ? null : 'internal',
  };
  const within = actionsOf(actions).map((each) => `${indent}  ${each}`);
  return element('transition', given, within, indent);
};

const targetsOf = (nodes: readonly AnyStateNode[]): string => nodes.map((node) => scxmlId(node)).join(' ');

const actionsOf = (actions: unknown): string[] =>
  actions === undefined
    ? []
    : ([actions].flat() as Action[]).map((action) => {
        const { name, params } = readAction(action);
        return `<x:action${attributes({ name, params: params === undefined ? null : JSON.stringify(params) })}/>`;
      });

const sendsOf = (node: AnyStateNode): string[] =>
  delaysOf(node).map(({ event, delay }) => {
    const when = typeof delay === 'number' ? { delay: `${delay}ms` } : { delayexpr: `${String(delay)}()` };
    return `<send${attributes({ id: event, event, ...when })}/>`;
  });

const cancelsOf = (node: AnyStateNode): string[] =>
  delaysOf(node).map(({ event }) => `<cancel${attributes({ sendid: event })}/>`);

/** One timer for each delay, however many transitions wait for it. */
const delaysOf = (node: AnyStateNode) => {
  const delays = new Map(node.after.map(({ eventType, delay }) => [eventType, delay]));
  return [...delays].map(([event, delay]) => ({ event: scxmlEvent(event, node), delay }));
};

const block = (name: string, content: string[], indent: string): string[] =>
  content.length === 0
    ? []
    : element(
        name,
        {},
        content.map((each) => `${indent}  ${each}`),
        indent,
      );

const element = (
  name: string,
  given: Record<string, string | null>,
  within: string[],
  indent: string,
): string[] =>
  within.length === 0
    ? [`${indent}<${name}${attributes(given)}/>`]
    : [`${indent}<${name}${attributes(given)}>`, ...within, `${indent}</${name}>`];
