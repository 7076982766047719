import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import type { Action } from '../../../machines/describe/action-words.ts';
import { rememberedAtFirst } from '../../../machines/describe/describe-transitions.ts';
import { invokesOf } from '../../../machines/describe/invokes.ts';
import { scxmlActions } from './scxml-actions.ts';
import { isExactly, scxmlCond } from './scxml-cond.ts';
import { scxmlAfter, scxmlEnd, scxmlEvent, scxmlId, scxmlInvokeId } from './scxml-names.ts';
import { element, type Lines } from './xml-lines.ts';

/**
 * A machine as W3C SCXML with the ECMAScript data model: the same states for the same events and guards.
 *
 * `scxml.md` says what stands for what.
 */
export const scxmlOf = ({ root }: AnyStateMachine): string => {
  const end = element('final', { id: scxmlEnd(root) });
  const lines = element(
    'scxml',
    {
      xmlns: 'http://www.w3.org/2005/07/scxml',
      'xmlns:xstate': 'urn:xstate',
      version: '1.0',
      datamodel: 'ecmascript',
      name: root.id,
      initial: scxmlId(root),
    },
    [...stateOf(root), ...end],
  );
  return `${['<?xml version="1.0" encoding="UTF-8"?>', ...lines].join('\n')}\n`;
};

const stateOf = (node: AnyStateNode): Lines => {
  const id = scxmlId(node);
  if (node.type === 'history') return historyOf(node);
  const entryAndExit = [...entryOf(node), ...exitOf(node)];
  // SCXML lets nothing happen in a final state.
  if (node.type === 'final') return element('final', { id }, [...describe(node), ...entryAndExit]);
  const { initial, first } = firstOf(node);
  return element(node.type === 'parallel' ? 'parallel' : 'state', { id, initial }, [
    ...describe(node),
    ...first,
    ...entryAndExit,
    ...invokesOf(node).flatMap((invoke) =>
      element('invoke', { type: 'xstate', id: scxmlInvokeId(node, invoke.id), src: invoke.src }),
    ),
    ...(node.parent === undefined ? endOf(node) : []),
    ...transitionsOf(node).flatMap(transitionOf),
    ...childrenOf(node).flatMap(stateOf),
  ]);
};

const childrenOf = (node: AnyStateNode): AnyStateNode[] => Object.values(node.states);

const describe = ({ description }: AnyStateNode): Lines =>
  description === undefined ? [] : [`<!-- ${description.replaceAll(/-(?=-)/g, '- ')} -->`];

/** Where a state begins: an attribute, or an element where something is done on the way. */
const firstOf = (node: AnyStateNode): { initial?: string; first: Lines } => {
  if (node.type !== 'compound') return { first: [] };
  const target = (node.initial.target ?? []).map(scxmlId).join(' ');
  const actions = scxmlActions(node.initial.actions);
  if (actions.length === 0) return { initial: target, first: [] };
  return { first: element('initial', {}, element('transition', { target }, actions)) };
};

const historyOf = (node: AnyStateNode): Lines => {
  const targets = rememberedAtFirst(node).flatMap((target) =>
    // All regions, where XState names the state that they are in.
    target === node.parent ? childrenOf(target).filter(({ type }) => type !== 'history') : [target],
  );
  const type = node.history === 'deep' ? 'deep' : 'shallow';
  const target = targets.map(scxmlId).join(' ');
  return element('history', { id: scxmlId(node), type }, element('transition', { target }));
};

/** A root that is done ends the machine, whatever it says itself of being done. */
const endOf = (root: AnyStateNode): Lines => {
  const event = `done.state.${scxmlId(root)}`;
  return element('transition', { event, cond: isExactly(event), target: scxmlEnd(root) });
};

/** Exact events before wildcards, long wildcards before short ones: SCXML goes by the order of the document alone. */
const transitionsOf = (node: AnyStateNode): AnyTransitionDefinition[] => {
  const rank = (event: string) => (event.endsWith('*') ? 1000 - event.length : 0);
  const byEvent = [...node.transitions].sort(([a], [b]) => rank(a) - rank(b));
  return [...byEvent.flatMap(([, transitions]) => transitions), ...(node.always ?? [])];
};

/**
 * To SCXML a transition of a state to itself leaves it. In XState it only begins anew what is inside, unless it says
 * `reenter`; in an atomic state that is nothing.
 */
const transitionOf = (transition: AnyTransitionDefinition): Lines => {
  const { eventType, reenter, source, actions, target } = transition;
  const isToItself = !reenter && target?.length === 1 && target[0] === source;
  const first = isToItself && source.type === 'compound' ? source.initial : null;
  const targets = isToItself && source.type === 'atomic' ? undefined : (first?.target ?? target);
  const isInternal = !reenter && targets?.every((each) => isBelow(each, source));
  return element(
    'transition',
    {
      event: eventType === '' ? undefined : scxmlEvent(transition),
      cond: scxmlCond(transition) ?? undefined,
      target: targets?.map(scxmlId).join(' '),
      type: isInternal ? 'internal' : undefined,
    },
    scxmlActions([...actions, ...(first?.actions ?? [])] as Action[]),
  );
};

const isBelow = (node: AnyStateNode, ancestor: AnyStateNode): boolean =>
  node.parent === ancestor || (node.parent !== undefined && isBelow(node.parent, ancestor));

const entryOf = (node: AnyStateNode): Lines => {
  const sends = delaysOf(node).flatMap(([event, delay]) =>
    element('send', {
      event: scxmlAfter(event),
      id: scxmlAfter(event),
      ...(typeof delay === 'number' ? { delay: `${delay}ms` } : { delayexpr: `${String(delay)}()` }),
    }),
  );
  const lines = [...sends, ...scxmlActions(listOf(node.config.entry))];
  return lines.length === 0 ? [] : element('onentry', {}, lines);
};

const exitOf = (node: AnyStateNode): Lines => {
  const cancels = delaysOf(node).flatMap(([event]) => element('cancel', { sendid: scxmlAfter(event) }));
  const lines = [...cancels, ...scxmlActions(listOf(node.config.exit))];
  return lines.length === 0 ? [] : element('onexit', {}, lines);
};

const delaysOf = (node: AnyStateNode): [event: string, delay: unknown][] => [
  ...new Map(node.after.map(({ eventType, delay }) => [eventType, delay])),
];

const listOf = (actions: unknown): Action[] => (actions === undefined ? [] : ([actions].flat() as Action[]));
