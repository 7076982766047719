import { type AnyStateNode, transition } from 'xstate';
import type { EpochMs } from '../../machines/time.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';
import type { Occurrence } from './actor-host.ts';
import type { Why } from './api.ts';
import type { Entry } from './entry.ts';
import { leafOf } from './journal-row.ts';
import type { JournalEntry } from './ports.ts';
import { isPossible, verbsFor } from './verbs.ts';

/**
 * Says why a workspace is where it is, composed from the machine's own descriptions and what the journal holds.
 *
 * `led` is the latest transition that changed the state.
 */
export const whyOf = (entry: Entry, led: JournalEntry | null, now: EpochMs): Why => {
  const { context, value } = entry.snapshot;
  const state = leafOf(value);
  const rule = nodeOf(state).description ?? '';
  const next = nextMoves(entry, now);
  const removable = isPossible(entry, { type: 'operator.removed', purge: false });
  const operator: Why['operator'] = [
    ...verbsFor(entry).map((verb) => ({ verb, command: `keepwell ${verb} ${entry.spec.name}` })),
    ...(removable ? [{ verb: 'remove' as const, command: `keepwell rm ${entry.spec.name}` }] : []),
  ];
  const evidence =
    led === null ? null : { seq: led.seq, at: led.at, event: led.event, from: led.from, to: led.to };
  const text = [
    `${sentence(context.status)} since ${clockTime(context.since)}, for ${span(now - context.since)}.`,
    rule,
    context.reason?.message,
    ...context.plugins.blocked.map(
      ({ name, message, attempt, retryAt }) =>
        `Plugin ${name} is not installed (try ${attempt}): ${message} It is tried again at ${clockTime(retryAt)}.`,
    ),
    ...next
      .filter(({ when }) => when !== null)
      .map(({ when, event }) => nextSentence(when as EpochMs, event, now)),
    context.reason?.hint,
  ]
    .filter((part) => part !== undefined && part !== null && part !== '')
    .join(' ');
  return {
    text,
    status: context.status,
    state,
    since: context.since,
    rule,
    reason: context.reason,
    evidence,
    next,
    operator,
  };
};

const nodeOf = (state: string): AnyStateNode =>
  state
    .split('.')
    .reduce<AnyStateNode>((node, key) => node.states[key] as AnyStateNode, workspaceMachine.root);

const nextMoves = (entry: Entry, now: EpochMs): Why['next'] => {
  const { deadline } = entry.snapshot.context;
  const beat = { type: 'heartbeat.received', beat: 'recovered', errorRate: 0 } as const;
  const leaseEnd = entry.presence.leaseExpiresAt;
  const moves: Why['next'] = [];
  if (deadline !== null) {
    const to = leafAfter(entry, { type: 'deadline.passed', deadline: deadline.name }, deadline.at);
    moves.push({ when: deadline.at, event: deadline.name, to });
  }
  if (entry.snapshot.hasTag('leased')) {
    const to = leafAfter(entry, { type: 'lease.expired', lastBeatAt: null }, leaseEnd ?? now);
    moves.push({ when: leaseEnd, event: 'lease.expired', to });
  }
  if (isPossible(entry, beat)) moves.push({ when: null, event: beat.type, to: leafAfter(entry, beat, now) });
  return moves;
};

/** Where something would lead, by asking the machine itself; nothing of it happens. */
const leafAfter = ({ snapshot }: Entry, occurrence: Occurrence, at: EpochMs): string =>
  leafOf(transition(workspaceMachine, snapshot, { ...occurrence, at, roll: 0 })[0].value);

const NEXT: Record<string, string> = {
  provisionBy: 'Without a beat it fails',
  reconcileBy: 'The reconcile is given up',
  resyncAt: 'Its plugins are looked at again',
  retryAt: 'The plugins are tried again',
  restartAt: 'It is restarted',
  stopBy: 'The stop is tried again',
  'lease.expired': 'Without another beat its lease ends',
};

const nextSentence = (when: EpochMs, event: string, now: EpochMs): string =>
  `${NEXT[event] ?? event} at ${clockTime(when)}${when > now ? ` (in ${span(when - now)})` : ''}.`;

const sentence = (status: string): string => {
  const words = status.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** By the clock of the box: that is where the person is. */
const clockTime = (at: EpochMs): string => new Date(at).toTimeString().slice(0, 8);

const span = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
};
