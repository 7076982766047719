import type { AnyActorRef } from 'xstate';
import type { EpochMs } from '../../machines/time.ts';
import { leafOf } from '../../machines/walk.ts';
import { isPending } from '../../machines/workspace/delivery.ts';
import { probationEnd } from '../../machines/workspace/probation.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';
import { KeepwellError } from '../errors.ts';
import type { Core } from './core.ts';
import type { Entry } from './entry.ts';
import { armedMoves, possibleEdges } from './moves.ts';
import { follow, pathTo } from './past.ts';
import type { JournalEntry } from './ports.ts';
import { reasonOf } from './reason-of.ts';
import type { WorkspaceSnapshot } from './restore.ts';
import type { ShownReason } from './schedule-port.ts';
import type { Moment, MomentChild, MomentPath } from './watching-api.ts';
import { whyOf } from './why.ts';

/** So many rows back a transition that changed the state is looked for. */
const LOOK_BACK = 50;
/** A path of so many steps is told from the beginning; a longer one from the nearest checkpoint. */
const WHOLE_PATH = 1_000;
const LATEST = Number.MAX_SAFE_INTEGER - 1;

/** What a workspace is like now, or was like when row `seq` of its journal was written. */
export const createMoments = ({
  directory,
  host,
  store,
  stamp,
}: Pick<Core, 'directory' | 'host' | 'store' | 'stamp'>) => {
  const now = (entry: Entry): Moment => {
    const { at } = stamp();
    const [last] = store.journal(entry.id, { limit: 1, order: 'desc' });
    const leaseEnd = entry.gate.renewsLease ? entry.presence.leaseExpiresAt : null;
    return {
      ...momentOf(entry.spec.name, entry.snapshot, {
        row: last ?? null,
        at,
        leaseEnd,
        reason: reasonOf(entry),
      }),
      live: true,
      exact: true,
      lastEdges: entry.edges,
      children: host.childrenOf(entry).map(({ id, state, snapshot, edges }) => ({
        id,
        machine: snapshot.machine.id,
        state,
        active: ancestorsOf(state),
        lastEdges: edges,
        possible: possibleEdges(snapshot),
      })),
      declared: entry.spec.plugins.length,
    };
  };

  const then = (workspaceId: string, name: string, seq: number): Moment => {
    const [row] = store.journal(workspaceId, { before: seq + 1, limit: 1, order: 'desc' });
    const path = row === undefined ? null : pathTo(store, workspaceId, row.seq);
    if (row === undefined || path === null) throw new KeepwellError('MOMENT_NOT_KNOWN');
    const { snapshot, edges, exact } = follow(path);
    return {
      ...momentOf(name, snapshot, { row, at: row.at, leaseEnd: null }),
      live: false,
      exact,
      lastEdges: [...edges],
      children: row.child === undefined ? [] : [childThen(snapshot, row.child)],
      declared: null,
    };
  };

  const momentOf = (
    name: string,
    snapshot: WorkspaceSnapshot,
    about: { row: JournalEntry | null; at: EpochMs; leaseEnd: EpochMs | null; reason?: ShownReason | null },
  ) => {
    const { row, at, leaseEnd } = about;
    const { context } = snapshot;
    const state = leafOf(snapshot.value);
    const before =
      row === null
        ? []
        : store.journal(row.workspaceId, { before: row.seq + 1, limit: LOOK_BACK, order: 'desc' });
    const led = before.find(({ kind, from, to }) => kind === 'transition' && from !== to) ?? null;
    // A row tells the reason as it was shown then.
    const told = before.find(({ kind }) => kind === 'transition')?.reason;
    const { reason = told === undefined ? context.reason : told } = about;
    return {
      machine: snapshot.machine.id,
      seq: row?.seq ?? 0,
      at: row?.at ?? at,
      event: row?.event ?? null,
      from: row?.from ?? null,
      status: context.status,
      state,
      active: ancestorsOf(state),
      since: context.since,
      incarnation: context.incarnation,
      generation: context.generation,
      reason,
      possible: possibleEdges(snapshot),
      armed: armedMoves(snapshot, leaseEnd, at),
      plugins: {
        installed: context.plugins.installed,
        generation: context.plugins.generation,
        good: context.plugins.good,
        probationUntil: probationEnd(context),
        blocked: context.plugins.blocked,
        held: context.plugins.suspicion.held,
        pending: isPending(context),
      },
      why: whyOf({ name, snapshot, leaseEnd, led, now: at, reason }),
    };
  };

  const placeOf = (key: string) => {
    const entry = store.isRemoved(key) ? undefined : directory.get(key);
    return { entry, workspaceId: entry?.id ?? key, name: entry?.spec.name ?? key };
  };

  return {
    /** @throws `WORKSPACE_NOT_FOUND`, `MOMENT_NOT_KNOWN` */
    path(key: string, seq: number | null): MomentPath {
      const { workspaceId, name } = placeOf(key);
      const [row] = store.journal(workspaceId, { before: (seq ?? LATEST) + 1, limit: 1, order: 'desc' });
      const path = row === undefined ? null : pathTo(store, workspaceId, row.seq, WHOLE_PATH);
      if (row === undefined || path === null) throw new KeepwellError('MOMENT_NOT_KNOWN');
      return {
        workspace: name,
        machine: workspaceMachine.id,
        start: path.start,
        steps: path.steps.map(({ seq: step, at, event, cause, to }) => ({ seq: step, at, event, cause, to })),
        state: row.to,
        at: row.at,
      };
    },
    /** @throws `WORKSPACE_NOT_FOUND`, `MOMENT_NOT_KNOWN` */
    at(key: string, seq: number | null): Moment {
      const { entry, workspaceId, name } = placeOf(key);
      if (entry !== undefined && seq === null) return now(entry);
      return then(workspaceId, name, seq ?? LATEST);
    },
  };
};

/** Outermost first; of parallel states those of all. */
const ancestorsOf = (state: string): string[] => [
  ...new Set(
    state.split(',').flatMap((leaf) => {
      const keys = leaf.split('.');
      return keys.map((_, index) => keys.slice(0, index + 1).join('.'));
    }),
  ),
];

/** Of a machine that ran inside only where it was is known. */
const childThen = ({ children, machine }: WorkspaceSnapshot, state: string): MomentChild => {
  const [[id, ref] = ['child', undefined]] = Object.entries(children as Record<string, AnyActorRef>);
  const logics = machine.implementations.actors as Record<string, { id?: string }>;
  const name = (typeof ref?.src === 'string' ? logics[ref.src]?.id : undefined) ?? id;
  return { id, machine: name, state, active: ancestorsOf(state), lastEdges: [], possible: [] };
};
