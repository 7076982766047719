import type { AnyMachineSnapshot, AnyStateNode } from 'xstate';
import { eventWords } from '../../../machines/describe/event-words.ts';
import { invokesOf } from '../../../machines/describe/invokes.ts';
import type { Case, Cases, GivenCase, GivenOutcome, Outcomes, WorldOptions } from './types.ts';

const DONE_ACTOR = 'xstate.done.actor.';
const ERROR_ACTOR = 'xstate.error.actor.';

/** Everything that may happen in a state: events, deadlines, outcomes of what it invokes. Each case is a fresh object. */
export const casesIn = (
  snapshot: AnyMachineSnapshot,
  { cases = {}, outcomes = {}, ignored = false }: WorldOptions,
): Case[] => {
  if (snapshot.status !== 'active') return [];
  return [
    ...eventsIn(snapshot, cases, ignored),
    ...deadlinesIn(snapshot),
    ...snapshot._nodes.flatMap((node) => outcomesIn(node, snapshot, outcomes)),
  ];
};

const eventsIn = (snapshot: AnyMachineSnapshot, cases: Cases, ignored: boolean): Case[] => {
  if (typeof cases === 'function') return cases(snapshot).map((one) => ({ ...one, event: { ...one.event } }));
  const heard = ignored
    ? (snapshot.machine.events as string[])
    : snapshot._nodes.flatMap(({ ownEvents }) => ownEvents);
  const types = new Set([
    ...heard,
    ...Object.keys(cases).filter((type) => ignored || isHeard(type, snapshot)),
  ]);
  return [...types].filter(isOrdinary).flatMap((type) => {
    const given = cases[type] ?? [{}];
    return (typeof given === 'function' ? given(snapshot) : given).map((one) => asCase(type, one));
  });
};

/** Not what XState sends itself, and not a pattern. */
const isOrdinary = (type: string): boolean =>
  type !== '' && !type.startsWith('xstate.') && !type.includes('*');

const isHeard = (type: string, snapshot: AnyMachineSnapshot): boolean =>
  snapshot._nodes.some(({ ownEvents }: AnyStateNode) =>
    (ownEvents as string[]).some(
      (heard) =>
        heard === type || heard === '*' || (heard.endsWith('.*') && type.startsWith(heard.slice(0, -1))),
    ),
  );

const asCase = (type: string, { event = {}, title, name }: GivenCase): Case => {
  const payload = Object.values(event)
    .filter((value) => typeof value !== 'object')
    .map(String)
    .join(',');
  const detail = payload === '' ? (title ?? '') : payload;
  return {
    event: { ...event, type },
    title: title ?? `${type.replaceAll(/[._]/g, ' ')}${payload === '' ? '' : ` (${payload})`}`,
    name: name ?? `${type}${detail === '' ? '' : `{${detail}}`}`,
  };
};

const deadlinesIn = (snapshot: AnyMachineSnapshot): Case[] => {
  const armed = snapshot._nodes.flatMap((node: AnyStateNode) =>
    [...node.transitions.keys()]
      .filter((type) => type.startsWith('xstate.after.'))
      .map((type) => ({ type, node, delay: type.slice('xstate.after.'.length, -(node.id.length + 1)) })),
  );
  return armed.map(({ type, node, delay }) => {
    const isAlone = armed.every((other) => other.type === type || other.delay !== delay);
    const where = isAlone ? '' : ` in ${node.key}`;
    return {
      event: { type },
      title: `${deadlineWords(node, type, delay)}${where}`,
      name: `deadline.passed{${delay}${isAlone ? '' : `,${node.key}`}}`,
    };
  });
};

const deadlineWords = (node: AnyStateNode, type: string, delay: string): string => {
  const [transition] = node.transitions.get(type) ?? [];
  const words = transition === undefined ? '' : eventWords(transition);
  return /^after \d/.test(words) ? `${words.slice('after '.length)} pass` : `${delay} passes`;
};

const outcomesIn = (node: AnyStateNode, snapshot: AnyMachineSnapshot, outcomes: Outcomes): Case[] =>
  invokesOf(node).flatMap(({ id, src, name }) => {
    const given =
      typeof outcomes === 'function'
        ? (outcomes(id, snapshot) ?? outcomes(src, snapshot))
        : (outcomes[id] ?? outcomes[src]);
    const listed = typeof given === 'function' ? given(snapshot) : given;
    return (listed ?? defaultOutcomes(node, id)).map((one) => asOutcome(id, name, one));
  });

const defaultOutcomes = (node: AnyStateNode, id: string): GivenOutcome[] => [
  ...(node.transitions.has(`${DONE_ACTOR}${id}`) ? [{}] : []),
  ...(node.transitions.has(`${ERROR_ACTOR}${id}`) ? [{ error: new Error(`${id} failed`) }] : []),
];

const asOutcome = (id: string, actor: string, given: GivenOutcome): Case => {
  const [prefix, what, told] =
    'error' in given
      ? [ERROR_ACTOR, 'failed', { error: given.error }]
      : [DONE_ACTOR, 'settled', { output: given.output }];
  return {
    event: { type: `${prefix}${id}`, actorId: id, ...told },
    title: given.title ?? `${actor} ${what}`,
    name: given.name ?? `${actor}.${what}${given.title === undefined ? '' : `{${given.title}}`}`,
  };
};
