import type { AnyTransitionDefinition } from 'xstate';
import { invokesOf } from './invokes.ts';

export type TransitionKind = 'event' | 'always' | 'done' | 'error';

const DONE_ACTOR = 'xstate.done.actor.';
const ERROR_ACTOR = 'xstate.error.actor.';
const SNAPSHOT = 'xstate.snapshot.';
const DONE_STATE = 'xstate.done.state.';
const AFTER = 'xstate.after.';

export const kindOf = ({ eventType }: AnyTransitionDefinition): TransitionKind => {
  if (eventType === '') return 'always';
  if (eventType.startsWith(DONE_ACTOR) || eventType.startsWith(DONE_STATE)) return 'done';
  return eventType.startsWith(ERROR_ACTOR) ? 'error' : 'event';
};

/** What makes a transition happen, as people say it. Empty where nothing has to happen. */
export const eventWords = ({ eventType, source }: AnyTransitionDefinition): string => {
  const actor = (prefix: string) => {
    const id = eventType.slice(prefix.length);
    return invokesOf(source).find((each) => each.id === id)?.name ?? id;
  };
  if (eventType === '*') return 'any event';
  if (eventType.startsWith(DONE_ACTOR)) return `${actor(DONE_ACTOR)} settled`;
  if (eventType.startsWith(ERROR_ACTOR)) return `${actor(ERROR_ACTOR)} failed`;
  if (eventType.startsWith(SNAPSHOT)) return `${actor(SNAPSHOT)} moved on`;
  if (eventType.startsWith(DONE_STATE)) return `${source.key} done`;
  const delay = source.after.find((each) => each.eventType === eventType)?.delay;
  if (delay === undefined || !eventType.startsWith(AFTER)) return eventType;
  return `after ${typeof delay === 'number' ? lengthWords(delay) : String(delay)}`;
};

/** 1500 is "1.5 s", 90000 is "1.5 min". */
const lengthWords = (ms: number): string => {
  const [size, unit] = UNITS.find(([each]) => ms >= each) ?? [1, 'ms'];
  return `${Number((ms / size).toFixed(1))} ${unit}`;
};

const UNITS: [size: number, unit: string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];
