import type { AnyStateNode } from 'xstate';
import type { EpochMs } from '../../machines/time.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';
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
  const nodes = ancestryOf(state);
  const rule = (nodes[0] as AnyStateNode).description ?? '';
  const next = nextMoves(entry, nodes);
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
      .map(({ when, event, to }) => nextSentence(when as EpochMs, event, to, now)),
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

/** The state nodes from the leaf up to the root. */
const ancestryOf = (state: string): AnyStateNode[] => {
  let node: AnyStateNode = workspaceMachine.root;
  const nodes = [node];
  for (const key of state.split('.')) {
    node = node.states[key] as AnyStateNode;
    nodes.unshift(node);
  }
  return nodes;
};

const nextMoves = (entry: Entry, nodes: AnyStateNode[]): Why['next'] => {
  const { deadline } = entry.snapshot.context;
  const moves: Why['next'] = [];
  if (deadline !== null) {
    moves.push({ when: deadline.at, event: deadline.name, to: targetOf(nodes, 'deadline.passed') });
  }
  if (entry.snapshot.hasTag('leased')) {
    moves.push({
      when: entry.presence.leaseExpiresAt,
      event: 'lease.expired',
      to: targetOf(nodes, 'lease.expired', entry),
    });
  }
  if (entry.snapshot.hasTag('hears-all') || entry.snapshot.hasTag('hears-recovery')) {
    moves.push({ when: null, event: 'heartbeat.received', to: targetOf(nodes, 'heartbeat.received') });
  }
  return moves;
};

/** Where an event leads from here, by the machine's own definition. */
const targetOf = (nodes: AnyStateNode[], event: string, entry?: Entry): string => {
  for (const node of nodes) {
    const transitions = node.transitions.get(event);
    if (transitions === undefined) continue;
    const taken = entry !== undefined && !entry.snapshot.context.owned ? transitions.at(-1) : transitions[0];
    const target = taken?.target?.[0];
    if (target !== undefined) return target.path.join('.');
  }
  return leafOf(entry?.snapshot.value ?? nodes[0]?.path.join('.') ?? '');
};

const NEXT: Record<string, string> = {
  provisionBy: 'Without a beat it fails',
  reconcileBy: 'The reconcile is given up',
  resyncAt: 'Its plugins are looked at again',
  retryAt: 'The plugins are tried again',
  restartAt: 'It is restarted',
  stopBy: 'The stop is tried again',
  'lease.expired': 'Without another beat its lease ends',
};

const nextSentence = (when: EpochMs, event: string, _to: string, now: EpochMs): string =>
  `${NEXT[event] ?? event} at ${clockTime(when)}${when > now ? ` (in ${span(when - now)})` : ''}.`;

const sentence = (status: string): string => {
  const words = status.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const clockTime = (at: EpochMs): string => new Date(at).toISOString().slice(11, 19);

const span = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
};
