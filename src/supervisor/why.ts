import type { AnyStateNode } from 'xstate';
import type { EpochMs } from '../../machines/time.ts';
import { leafOf } from '../../machines/walk.ts';
import { fillIn } from '../../machines/workspace/fill-in.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';
import { VERBS } from './api.ts';
import { type Budget, budgetsOf } from './budgets.ts';
import { type ArmedMove, armedMoves, moveOf } from './moves.ts';
import type { JournalEntry } from './ports.ts';
import type { WorkspaceSnapshot } from './restore.ts';
import type { ShownReason } from './schedule-port.ts';
import { OCCURRENCE_OF } from './verbs.ts';
import type { Why } from './watching-api.ts';

export type WhyOptions = {
  name: string;
  snapshot: WorkspaceSnapshot;
  leaseEnd: EpochMs | null;
  /** The latest transition that changed the state. */
  led: JournalEntry | null;
  now: EpochMs;
  /** Default: the machine's own. */
  reason?: ShownReason | null;
};

/**
 * Says why a workspace is where it is, as a person would.
 *
 * Composed from the machine's own descriptions and `meta`, its context and what the journal holds: a state that the
 * machine gains speaks for itself.
 */
export const whyOf = ({ name, snapshot, leaseEnd, led, now, ...given }: WhyOptions): Why => {
  const { context, value } = snapshot;
  const { reason = context.reason } = given;
  const state = leafOf(value);
  const node = nodeOf(state);
  const rule = node.description ?? '';
  const armed = armedMoves(snapshot, leaseEnd, now);
  const beat = moveOf(snapshot, { type: 'heartbeat.received', beat: 'recovered', errorRate: 0 }, now);
  const next: Why['next'] = [
    ...armed.map(({ name: event, at, move }) => ({
      when: at,
      event: event === 'lease' ? 'lease.expired' : event,
      to: move?.to ?? state,
      text: move?.description ?? event,
    })),
    ...(beat === null || beat.to === state
      ? []
      : [
          {
            when: null,
            event: 'heartbeat.received',
            to: beat.to,
            text: `A beat makes it ${lastOf(beat.to)}`,
          },
        ]),
  ];
  const operator = operatorMoves(name, snapshot, now);
  const text = [
    `${capital(context.status.replaceAll('_', ' '))} since ${clockTime(context.since)}, for ${span(now - context.since)}.`,
    reason?.message,
    rule,
    ...pathOf(node).map(({ meta }) => (meta === undefined ? null : fillIn(meta.why, context, now))),
    ...context.plugins.blocked.map(
      ({ name: plugin, message, attempt, retryAt }) =>
        `Plugin ${plugin} is not installed (try ${attempt}): ${message} It is tried again at ${clockTime(retryAt)}.`,
    ),
    ...armed.map((one) => sentenceOf(one, now)),
    ...budgetSentences(snapshot, now),
    reason?.hint,
    ...operator.filter(({ verb }) => verb === 'retry').map(({ command, text }) => `\`${command}\` ${text}.`),
  ];
  return {
    text: text.filter((part) => part !== undefined && part !== null && part !== '').join(' '),
    status: context.status,
    state,
    since: context.since,
    rule,
    reason,
    evidence: led && { seq: led.seq, at: led.at, event: led.event, from: led.from, to: led.to },
    next,
    operator,
  };
};

const operatorMoves = (name: string, snapshot: WorkspaceSnapshot, now: EpochMs): Why['operator'] =>
  [
    ...VERBS.map((verb) => ({ verb, command: `keepwell ${verb} ${name}`, occurrence: OCCURRENCE_OF[verb] })),
    {
      verb: 'remove' as const,
      command: `keepwell rm ${name}`,
      occurrence: { type: 'operator.removed', purge: false } as const,
    },
  ].flatMap(({ verb, command, occurrence }) => {
    const move = snapshot.can({ ...occurrence, at: now, roll: 0 }) ? moveOf(snapshot, occurrence, now) : null;
    return move === null ? [] : [{ verb, command, text: move.description ?? verb }];
  });

const sentenceOf = ({ name, at, move }: ArmedMove, now: EpochMs): string | null =>
  at === null
    ? null
    : `${move?.description ?? name} at ${clockTime(at)}${at > now ? ` (in ${span(at - now)})` : ''}.`;

/** Only of a budget of which something is used, and that can still be used: what is removed or rests takes none. */
const budgetSentences = ({ context, value }: WorkspaceSnapshot, now: EpochMs): string[] => {
  if (!context.owned || !leafOf(value).startsWith('wanted.')) return [];
  const { restarts, pluginRestarts } = budgetsOf(context, now);
  return [
    ...budgetSentence('Restart budget', restarts),
    ...budgetSentence('Budget of restarts by plugins', pluginRestarts),
  ];
};

const budgetSentence = (name: string, { used, allowed, windowMs, nextFreeAt }: Budget): string[] =>
  nextFreeAt === null
    ? []
    : [
        `${name}: ${used} of ${allowed} within ${span(windowMs)} used; the oldest is forgotten at ${clockTime(nextFreeAt)}.`,
      ];

const nodeOf = (state: string): AnyStateNode =>
  state
    .split('.')
    .reduce<AnyStateNode>((node, key) => node.states[key] as AnyStateNode, workspaceMachine.root);

/** From the outermost state to the leaf. */
const pathOf = (node: AnyStateNode): AnyStateNode[] =>
  node.parent === undefined ? [] : [...pathOf(node.parent), node];

const lastOf = (state: string): string =>
  state
    .split('.')
    .slice(1, 2)
    .join('')
    .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** By the clock of the box: that is where the person is. */
const clockTime = (at: EpochMs): string => new Date(at).toTimeString().slice(0, 8);

const span = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
};
