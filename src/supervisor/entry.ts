import type { DurationMs, EpochMs } from '../../machines/time.ts';
import type { DeadlineName } from '../../machines/workspace/types.ts';
import type { ScheduledSpec } from '../schedule.ts';
import type { OldToken } from './api.ts';
import type { BeatTally } from './beat-tally.ts';
import { type Budgets, budgetsOf } from './budgets.ts';
import { type Gate, gateOf } from './gate.ts';
import type { Idle } from './idleness.ts';
import type { Json, Presence } from './ports.ts';
import type { WorkspaceActor, WorkspaceSnapshot } from './restore.ts';
import type { ScheduleMark } from './schedule-port.ts';
import { type Alarm, createAlarm } from './scheduler.ts';

/** What the supervisor holds of one workspace. The actor decides; everything else here is what came in or went out. */
export type Entry = BeatTally & {
  readonly id: string;
  actor: WorkspaceActor;
  /** Ends with the actor: everything that is done for it looks at this signal. */
  life: AbortController;
  /** The last good one. `enter` sets it together with what of it every beat asks for. */
  snapshot: WorkspaceSnapshot;
  gate: Gate;
  /** The edges of the machine that the last transition took. */
  edges: string[];
  /** Rises with every change, over all workspaces. */
  revision: number;
  incarnation: number;
  spec: ScheduledSpec;
  generation: number;
  createdAt: EpochMs;
  agentCard: Json;
  /** Where the agent says that it can be reached. */
  agentUrl: string | null;
  presence: Presence;
  /** Whether the presence differs from what is stored. */
  presenceChanged: boolean;
  /** Until when the beats that came would have lasted, had they come as fast as they may. */
  beatsLastUntil: EpochMs;
  /** What is still good of a token that was replaced. */
  oldToken: () => OldToken | null;
  /** What is used of its budgets now. */
  budgets: () => Budgets;
  /** When its beats told of work last; 0 before they did. Counts only while the supervisor was there to hear. */
  lastActiveAt: EpochMs;
  /** After how long without work it asks to be hibernated; null while it does not. */
  idleTimeoutMs: DurationMs | null;
  idleAlarm: Alarm;
  /** Since when it has no work, and when it is hibernated for that. */
  idle: () => Idle | null;
  schedule: ScheduleMark;
  scheduleAlarm: Alarm;
  lease: Alarm;
  deadline: Alarm;
  /** How often in a row the actor died of an exception, and when it last did. */
  faults: number;
  faultAt: EpochMs;
  /** The commit of the last transition. */
  commit: Promise<void>;
};

let revision = 0;
/** The number of the next change of any workspace. */
export const nextRevision = (): number => {
  revision += 1;
  return revision;
};

/** What is known of a workspace that comes into being, or back. */
export type EntryFacts = Pick<
  Entry,
  'id' | 'actor' | 'spec' | 'generation' | 'createdAt' | 'agentCard' | 'agentUrl' | 'presence'
> & { schedule: ScheduleMark | null };

type Alarms = {
  judgeLease: (entry: Entry) => void;
  passDeadline: (entry: Entry, name: DeadlineName) => void;
  oldTokenOf: (workspaceId: string) => OldToken | null;
  now: () => EpochMs;
  settleSchedule: (entry: Entry) => void;
  judgeIdleness: (entry: Entry) => void;
  idleOf: (entry: Entry) => Idle | null;
};

export const createEntry = (facts: EntryFacts, alarms: Alarms): Entry => {
  const { judgeLease, passDeadline, oldTokenOf, now, settleSchedule, judgeIdleness, idleOf } = alarms;
  const snapshot = facts.actor.getSnapshot();
  const entry: Entry = {
    // Side by side, for every beat reads them; what is spread in would push them apart.
    gate: gateOf(snapshot),
    incarnation: snapshot.context.incarnation,
    presence: facts.presence,
    presenceChanged: false,
    beatsLastUntil: 0,
    lastActiveAt: 0,
    idleTimeoutMs: null,
    generation: facts.generation,
    tallyMinute: 0,
    tallyIncarnation: 0,
    tallyBeats: 0,
    tallyGapMs: 0,
    tallyGapEndMs: 0,
    quietMs: 0,
    isHeard: facts.presence.lastHeartbeatAt !== null && gateOf(snapshot).isMeantToBeat,
    id: facts.id,
    actor: facts.actor,
    snapshot,
    edges: [],
    revision: nextRevision(),
    spec: facts.spec,
    createdAt: facts.createdAt,
    agentCard: facts.agentCard,
    agentUrl: facts.agentUrl,
    oldToken: () => oldTokenOf(facts.id),
    budgets: () => budgetsOf(entry.snapshot.context, now()),
    schedule: facts.schedule ?? { settledAt: facts.createdAt, pausedAt: null },
    scheduleAlarm: createAlarm(() => settleSchedule(entry)),
    idle: () => idleOf(entry),
    idleAlarm: createAlarm(() => judgeIdleness(entry)),
    lease: createAlarm(() => judgeLease(entry)),
    deadline: createAlarm(() => {
      const { deadline } = entry.snapshot.context;
      if (deadline !== null) passDeadline(entry, deadline.name);
    }),
    life: new AbortController(),
    faults: 0,
    faultAt: 0,
    commit: Promise.resolve(),
  };
  return entry;
};

/** Puts a workspace into a state. */
export const enter = (entry: Entry, snapshot: WorkspaceSnapshot): void => {
  entry.snapshot = snapshot;
  entry.gate = gateOf(snapshot);
  entry.revision = nextRevision();
  entry.incarnation = snapshot.context.incarnation;
  entry.isHeard &&= entry.gate.isMeantToBeat;
};

export const NO_PRESENCE: Presence = {
  lastHeartbeatAt: null,
  leaseExpiresAt: null,
  errorRate: null,
  sampleError: null,
  activeTasks: null,
  currentTask: null,
  uptimeSeconds: null,
};
