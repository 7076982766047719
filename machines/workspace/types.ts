import type { BlockedPlugin, PluginContent } from '../reconcile/outcome.ts';
import type { DurationMs, EpochMs, Stamp } from '../time.ts';
import type { Policy } from './policy.ts';
import type { Suspicion } from './suspicion.ts';

export const PUBLIC_STATUSES = [
  'provisioning',
  'awaiting_agent',
  'online',
  'degraded',
  'offline',
  'failed',
  'paused',
  'hibernating',
  'hibernated',
  'removed',
] as const;

/** What the world sees of a workspace's state. */
export type PublicStatus = (typeof PUBLIC_STATUSES)[number];

/**
 * What a beat says about its agent.
 *
 * `recovered`: well below the threshold. `healthy`: in between, moves nothing.
 */
export type BeatClass = 'healthy' | 'failing' | 'recovered' | 'wedged';

export type ReasonCode =
  | 'lease-expired'
  | 'agent-silent'
  | 'instance-exited'
  | 'driver-failed'
  | 'provision-timeout'
  | 'provision-declined'
  | 'crash-loop'
  | 'error-rate'
  | 'wedged'
  | 'plugins-blocked'
  | 'plugin-restart-loop'
  | 'plugins-held'
  | 'plugins-undelivered'
  | 'rollback-declined'
  | 'restart-declined'
  | 'stop-failed'
  | 'by-operator'
  | 'snapshot-quarantined'
  | 'internal-error';

/** Why a workspace is where it is: a sentence, and what a person can do about it. */
export type Reason = { code: ReasonCode; message: string; hint: string | null };

/** Moments by which something must have happened. A state has at most one. */
export type DeadlineName = 'provisionBy' | 'reconcileBy' | 'resyncAt' | 'retryAt' | 'restartAt' | 'stopBy';
export type Deadline = { name: DeadlineName; at: EpochMs };

/** A driver's definite refusal to start an instance. */
export type Declined = { kind: 'declined'; code: string; message: string; hint: string };
/** A driver could not tell or could not do it now; worth another try. */
export type DriverFailure = { kind: 'failed'; message: string };

export type ProvisionOutcome = Stamp & ({ kind: 'running'; adopted: boolean } | Declined | DriverFailure);
/** `pluginGeneration` is the plugin generation in force while nothing runs; null when that cannot be told. */
export type StopOutcome = Stamp &
  ({ kind: 'stopped'; pluginGeneration: number | null } | Declined | DriverFailure);

/** `changed` is what was in force before and is not any more, or was and is something else now. */
export type RollbackOutcome = Stamp &
  ({ kind: 'rolled-back'; generation: number; changed: PluginContent[] } | Declined | DriverFailure);

export type WorkspaceInput = Stamp & {
  workspaceId: string;
  /** Whether a runtime driver owns the instance; false for `external`. */
  owned: boolean;
  policy: Policy;
  generation: number;
};

export type WorkspaceEvent = Stamp &
  (
    | { type: 'heartbeat.received'; beat: BeatClass; errorRate: number }
    | { type: 'agent.registered' }
    /** `everyMs` is how often it was asked to beat. */
    | { type: 'lease.expired'; lastBeatAt: EpochMs | null; everyMs?: DurationMs }
    | { type: 'deadline.passed'; deadline: DeadlineName }
    | { type: 'instance.exited'; incarnation: number; code: number | null; signal: string | null }
    | { type: 'spec.changed'; generation: number; policy: Policy; restart: boolean }
    | { type: 'operator.restarted' }
    | { type: 'operator.paused' }
    | { type: 'operator.resumed' }
    | { type: 'operator.hibernated' }
    | { type: 'operator.woke' }
    | { type: 'operator.retried' }
    | { type: 'operator.reconciled' }
    | { type: 'operator.removed'; purge: boolean }
    /** Back to what plugin generation `to` held. */
    | { type: 'operator.rolledBack'; to: number }
    /** Installs what the references of these plugins stand for now. */
    | { type: 'operator.updated'; plugins: string[] | 'all' }
    /** Lets held plugins be installed again. */
    | { type: 'operator.released'; plugins: string[] }
    /** Wants to hear no more of one newer revision. */
    | { type: 'operator.dismissed'; plugin: string; revision: string }
    /** References of plugins that track automatically stand for something newer. */
    | { type: 'plugins.outdated'; plugins: string[] }
    /** What an external agent says it has: `complete` when it is all of `generation`. */
    | {
        type: 'plugins.reported';
        generation: number;
        complete: boolean;
        installed: number;
        problem: string | null;
      }
    /** A secret that its instance gets is another one now. */
    | { type: 'secrets.changed' }
    /** With the policy in force now: defaults may have changed while the supervisor was away. */
    | { type: 'supervisor.resumed'; policy: Policy }
  );

export type WorkspaceContext = {
  workspaceId: string;
  owned: boolean;
  policy: Policy;
  /** Spec generation this workspace was last told of, and the last one whose plugins are all in place. */
  generation: number;
  observedGeneration: number;
  /** Boots of the agent that we asked for; only rises. Stays 0 for an external agent. */
  incarnation: number;
  /** The last incarnation that is known to have ended or was given up; its beats move nothing. */
  endedIncarnation: number;
  /** The last incarnation that beat or registered. */
  heardIncarnation: number;
  /** Restart requests are a level: one is due while `wanted` is above what was served or declined. */
  restart: { wanted: number; served: number; decline: { wanted: number; reason: Reason } | null };
  /** Public status and since when. */
  status: PublicStatus;
  since: EpochMs;
  reason: Reason | null;
  deadline: Deadline | null;
  /** Moments of the crashes that count against the restart budget. */
  crashedAt: EpochMs[];
  /** Restarts of any cause since creation. */
  restarts: number;
  /** Moments of those of the last day, a hundred at most. */
  restartedAt: EpochMs[];
  /** Entries into `online`, and what came of the reconcile that the last one began. */
  reconcile: { run: number; outcome: 'running' | 'settled' | 'failed' | 'superseded' | null };
  plugins: {
    /** The plugin generation that is accounted for: settled on, or in force when the instance was started. */
    generation: number;
    /** How many of the declared plugins it left in place. */
    installed: number;
    blocked: BlockedPlugin[];
    /** Reconciles in a row that did not get everything in place. */
    attempt: number;
    /** Moments of the restarts that plugins caused. */
    restartedAt: EpochMs[];
    /** The plugins whose references the next reconcile resolves anew. */
    refresh: string[] | 'all' | null;
    /** The last plugin generation with which the agent stayed online for its probation; 0 when none did. */
    good: number;
    /** A plugin generation that has to last, and since when the agent is online with it. */
    probation: { generation: number; since: EpochMs | null } | null;
    suspicion: Suspicion;
    /** The way back that is asked for. */
    rollback: { to: number; by: 'operator' | 'breaker' } | null;
    /** The plugin generation that an external agent says it has; null when it has something else. */
    reported: number | null;
    /** Newer revisions that an operator does not want to hear of. */
    dismissed: { plugin: string; revision: string }[];
  };
  /** Whether removal deletes the workspace's files too. */
  purge: boolean;
};
