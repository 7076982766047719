import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { type Action, actionWords } from './action-words.ts';
import { edgeIdOf, historyIdOf, initialIdOf, nodeIdOf } from './edge-id.ts';
import { eventWords, kindOf, type TransitionKind } from './event-words.ts';
import { guardWords } from './guard-words.ts';

export type EdgeDescription = {
  id: string;
  /** Empty: the root. */
  source: string;
  /** Null: it stays where it is, and only acts. Empty: the root. */
  target: string | null;
  /** Where it goes beside `target`, in a parallel state. */
  more_targets: string[];
  event: string;
  kind: TransitionKind | 'initial' | 'history';
  /** For people: the event, then the guard. */
  label: string;
  guard: string | null;
  actions: string[];
  description: string | null;
  reenter: boolean;
};

/** Every transition that starts in a state, also where it begins (initial) and where its memory leads (history). */
export const describeTransitions = (node: AnyStateNode): EdgeDescription[] => [
  ...(node.type === 'compound' ? [describeInitial(node)] : []),
  ...(node.type === 'history' ? [describeHistory(node)] : []),
  ...[...node.transitions.values()].flat().map(describeTransition),
  ...(node.always ?? []).map(describeTransition),
];

const describeTransition = (transition: AnyTransitionDefinition): EdgeDescription => {
  const guard = transition.guard === undefined ? null : guardWords(transition.guard);
  return {
    id: edgeIdOf(transition),
    source: nodeIdOf(transition.source),
    ...targetsOf(transition.target),
    event: transition.eventType,
    kind: kindOf(transition),
    label: labelOf(transition, guard),
    guard,
    actions: wordsOf(transition.actions),
    description: transition.description ?? null,
    reenter: transition.reenter,
  };
};

const labelOf = (transition: AnyTransitionDefinition, guard: string | null): string => {
  const { source, eventType } = transition;
  const siblings = (eventType === '' ? source.always : source.transitions.get(eventType)) ?? [];
  const isRest = siblings.indexOf(transition) > 0;
  const event = eventWords(transition) || (guard === null && !isRest ? 'at once' : '');
  const when = guard ?? (isRest ? 'otherwise' : null);
  return [event, when === null ? '' : `[${when}]`].filter((part) => part !== '').join(' ');
};

const describeInitial = (node: AnyStateNode): EdgeDescription => {
  const { target, actions, description } = node.initial;
  return {
    ...BARE,
    id: initialIdOf(node),
    source: nodeIdOf(node),
    ...targetsOf(target),
    kind: 'initial',
    actions: wordsOf(actions),
    description: description ?? null,
  };
};

const describeHistory = (node: AnyStateNode): EdgeDescription => ({
  ...BARE,
  id: historyIdOf(node),
  source: nodeIdOf(node),
  ...targetsOf(rememberedAtFirst(node)),
  kind: 'history',
});

const BARE = { event: '', label: '', guard: null, actions: [], description: null, reenter: false };

/** XState keeps this to itself: the target of a history state, or what its parent begins with. */
export const rememberedAtFirst = ({ config, parent }: AnyStateNode): readonly AnyStateNode[] => {
  const { target } = config as { target?: string | string[] };
  if (parent === undefined) return [];
  if (target === undefined) return parent.type === 'parallel' ? [parent] : (parent.initial.target ?? []);
  return [target]
    .flat()
    .map((path) =>
      path.startsWith('#')
        ? parent.machine.getStateNodeById(path)
        : path.split('.').reduce((node, key) => node.states[key] as AnyStateNode, parent),
    );
};

const targetsOf = (targets: readonly AnyStateNode[] | undefined) => {
  const [target = null, ...more_targets] = (targets ?? []).map(nodeIdOf);
  return { target, more_targets };
};

const wordsOf = (actions: readonly unknown[]): string[] => (actions as Action[]).map(actionWords);
