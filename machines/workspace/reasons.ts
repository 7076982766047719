import type { HeldPlugin, ReconcileOutcome } from '../reconcile/outcome.ts';
import type { DurationMs, EpochMs } from '../time.ts';
import type { Declined, Reason, ReasonCode, WorkspaceContext } from './types.ts';
import { times } from './words.ts';

const reason = (code: ReasonCode, message: string, hint: string | null = null): Reason => ({
  code,
  message,
  hint,
});

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

const lastBeat = (lastBeatAt: EpochMs, at: EpochMs, everyMs: DurationMs | undefined): string =>
  `Its last beat was ${seconds(at - lastBeatAt)} before${everyMs === undefined ? '' : `; it was asked for one every ${seconds(everyMs)}`}.`;

const names = (list: { name: string }[]): string => list.map(({ name }) => name).join(', ');

/** The sentences that say why a workspace is where it is. */
export const reasons = {
  byOperator: (what: string) => reason('by-operator', `An operator ${what} it.`),

  leaseExpired: (lastBeatAt: EpochMs | null, at: EpochMs, everyMs: DurationMs | undefined) =>
    reason(
      'lease-expired',
      lastBeatAt === null ? 'It never beat before its lease ended.' : lastBeat(lastBeatAt, at, everyMs),
      'It is restarted by itself; `keepwell logs` may show why it is silent.',
    ),

  agentSilent: (lastBeatAt: EpochMs | null, at: EpochMs, everyMs: DurationMs | undefined) =>
    reason(
      'agent-silent',
      lastBeatAt === null ? 'Its agent has not beaten yet.' : lastBeat(lastBeatAt, at, everyMs),
      'It runs elsewhere: start it there and it comes online with its next beat.',
    ),

  instanceExited: (code: number | null, signal: string | null) =>
    reason(
      'instance-exited',
      signal !== null
        ? `Its process was ended by ${signal}.`
        : code === null
          ? 'Its process is gone.'
          : `Its process exited with code ${code}.`,
      '`keepwell logs` shows its last words.',
    ),

  driverFailed: (message: string) =>
    reason('driver-failed', `It could not be started: ${message}`, 'It is tried again by itself.'),

  provisionTimeout: ({ policy }: WorkspaceContext) =>
    reason(
      'provision-timeout',
      `No beat came within ${seconds(policy.provisionWithinMs)} of its start.`,
      'See `keepwell logs`; a late beat still brings it online, `keepwell retry` starts it anew.',
    ),

  provisionDeclined: ({ message, hint }: Declined) => reason('provision-declined', message, hint),

  crashLoop: ({ crashedAt, policy }: WorkspaceContext) =>
    reason(
      'crash-loop',
      `It went down ${times(crashedAt.length)} within ${seconds(policy.restartWindowMs)}; its budget is ${policy.restartBudget} ${policy.restartBudget === 1 ? 'restart' : 'restarts'}.`,
      'See `keepwell logs`, mend it, then `keepwell retry` starts it with a fresh budget.',
    ),

  errorRate: (rate: number) =>
    reason('error-rate', `It reports that ${Math.round(rate * 100)} % of its work fails.`),

  wedged: () => reason('wedged', 'It reports that it is wedged.', '`keepwell restart` starts it anew.'),

  pluginsBlocked: ({ failed, error }: Pick<ReconcileOutcome, 'failed' | 'error'>, attempt: number) =>
    reason(
      'plugins-blocked',
      error === null
        ? `Not installed after ${attempt} ${attempt === 1 ? 'try' : 'tries'}: ${names(failed)}. ${failed[0]?.message ?? ''}`
        : `Its plugins could not be reconciled: ${error.message}`,
      'It is tried again by itself; `keepwell retry` does it now.',
    ),

  reconcileTimeout: ({ policy }: WorkspaceContext) =>
    reason(
      'plugins-blocked',
      `Its plugins were not in place within ${seconds(policy.reconcileWithinMs)}.`,
      'It is tried again by itself; `keepwell retry` does it now.',
    ),

  /** Null when nothing is held back. */
  pluginsHeld: ({ plugins: { suspicion } }: WorkspaceContext): Reason | null => {
    const of = (why: HeldPlugin['why']) => suspicion.held.filter((plugin) => plugin.why === why);
    const [bad, suspected, back] = [of('quarantined'), of('suspected'), of('rolled-back')];
    const sentences = [
      bad.length > 0 ? `Quarantined, since the agent crashed with it: ${names(bad)}.` : null,
      suspected.length > 0
        ? `Held back until it is known what makes the agent crash: ${names(suspected)}.`
        : null,
      back.length > 0 ? `Held back by an operator's rollback: ${names(back)}.` : null,
    ].filter((sentence) => sentence !== null);
    return sentences.length === 0
      ? null
      : reason(
          'plugins-held',
          sentences.join(' '),
          'Another version clears it; `keepwell plugins release` lets this one be installed again.',
        );
  },

  undelivered: (problem: string | null) =>
    reason(
      'plugins-undelivered',
      `Its agent does not have its plugins yet.${problem === null ? '' : ` It says: ${problem}`}`,
      '`keepwell agent` fetches them by itself; another agent downloads them and sends an install report.',
    ),

  rollbackDeclined: ({ message, hint }: Declined) =>
    reason('rollback-declined', `Its plugins could not be rolled back: ${message}`, hint),

  pluginRestartLoop: ({ policy }: WorkspaceContext) =>
    reason(
      'plugin-restart-loop',
      `Plugins caused ${policy.pluginRestartBudget} restarts within ${seconds(policy.pluginRestartWindowMs)}; the agent is left running.`,
      'Find the plugin that keeps changing; `keepwell restart` restarts it now.',
    ),

  restartDeclined: ({ message, hint }: Declined) =>
    reason('restart-declined', `A restart was declined, the agent keeps running: ${message}`, hint),

  stopFailed: (message: string) =>
    reason('stop-failed', `It could not be stopped: ${message}`, 'It is tried again by itself.'),

  internalError: (message: string) =>
    reason(
      'internal-error',
      `Keepwell failed while deciding about it: ${message}`,
      '`keepwell retry` tries again.',
    ),

  snapshotQuarantined: (message: string) =>
    reason(
      'snapshot-quarantined',
      `Its stored state could not be read and was set aside: ${message}`,
      '`keepwell retry` starts it anew from its spec.',
    ),
};
