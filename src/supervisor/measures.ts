import type { EpochMs } from '../../machines/time.ts';
import { leafOf } from '../../machines/walk.ts';
import type { PublicStatus, WorkspaceContext } from '../../machines/workspace/types.ts';
import type { Entry } from './entry.ts';
import { type Ending, NO_OBSERVER, type Observer } from './observer.ts';
import type { WorkspaceSnapshot } from './restore.ts';

type UnderWay = { reconcile?: Ending; restart?: { cause: string; end: Ending } };

/** Why an agent that went down was down. */
const DOWN: Partial<Record<string, string>> = {
  'instance-exited': 'crash',
  'lease-expired': 'silence',
  'driver-failed': 'driver',
};

/** Reads off the transitions of workspaces what observers are told: which work begins, and which is over. */
export const createMeasures = (observer: Observer = NO_OBSERVER) => {
  const underWay = new WeakMap<Entry, UnderWay>();

  const noteReconcile = (entry: Entry, work: UnderWay, before: WorkspaceContext): void => {
    const { reconcile, plugins } = entry.snapshot.context;
    const isAnew = reconcile.run !== before.reconcile.run;
    if (isAnew || reconcile.outcome !== 'running') {
      const isBlocked = reconcile.outcome === 'settled' && plugins.blocked.length > 0;
      work.reconcile?.(isAnew ? 'superseded' : isBlocked ? 'blocked' : (reconcile.outcome ?? 'superseded'));
      delete work.reconcile;
    }
    if (isAnew && reconcile.outcome === 'running') work.reconcile = observer.reconcileBegan(entry.id);
  };

  const noteRestart = (entry: Entry, work: UnderWay, before: WorkspaceSnapshot, event: string): void => {
    const { context, value } = entry.snapshot;
    const [from, to] = [leafOf(before.value), leafOf(value)];
    if (isStopping(to) && !isStopping(from)) {
      const cause = causeOf(to, event, before.context);
      work.restart?.end('again');
      work.restart = { cause, end: observer.restartBegan(entry.id, cause) };
    }
    // After our own restart nobody knows any more why it was begun.
    if (context.restarts > before.context.restarts) observer.restarted(work.restart?.cause ?? 'unknown');
    if (work.restart === undefined || isUnderWay(context.status)) return;
    work.restart.end(context.status);
    delete work.restart;
  };

  return {
    pluginBegan: (workspaceId: string, plugin: string): Ending => observer.pluginBegan(workspaceId, plugin),
    noteLeaseEnd({ presence }: Entry, now: EpochMs): void {
      observer.leaseJudged(Math.max(0, now - (presence.leaseExpiresAt ?? now)));
    },
    /** Takes note of a transition that `event` caused. */
    noteTransition(entry: Entry, before: WorkspaceSnapshot, event: string): void {
      const [from, to] = [leafOf(before.value), leafOf(entry.snapshot.value)];
      if (from !== to) observer.transitioned(from, to);
      const work = underWay.get(entry) ?? {};
      noteReconcile(entry, work, before.context);
      noteRestart(entry, work, before, event);
      underWay.set(entry, work);
    },
  };
};

const isStopping = (leaf: string): boolean => leaf === 'wanted.restarting' || leaf === 'wanted.rollingBack';
const isUnderWay = (status: PublicStatus): boolean => status === 'provisioning';

/** One word, out of few, for why a workspace is restarted. */
const causeOf = (to: string, event: string, { reason }: WorkspaceContext): string => {
  if (to === 'wanted.rollingBack') return 'rollback';
  if (event === 'reconcile.settled') return 'plugins';
  if (event.startsWith('operator.')) return 'operator';
  if (event === 'spec.changed') return 'spec';
  if (event === 'secrets.changed') return 'secrets';
  return DOWN[reason?.code ?? ''] ?? 'owed';
};
