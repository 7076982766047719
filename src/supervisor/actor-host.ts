import type { InspectionEvent } from 'xstate';
import { type DurationMs, type EpochMs, MINUTE, type Stamp } from '../../machines/time.ts';
import { createEdgeRecorder, leafOf } from '../../machines/walk.ts';
import type { Policy } from '../../machines/workspace/policy.ts';
import { reasons } from '../../machines/workspace/reasons.ts';
import type { WorkspaceEvent, WorkspaceInput } from '../../machines/workspace/types.ts';
import { KeepwellError } from '../errors.ts';
import { childrenOf } from './children.ts';
import { type Entry, enter } from './entry.ts';
import { eventName, noteRow, transitionRow } from './journal-row.ts';
import type { Change, JournalDraft, Json, Store, StoredSnapshot } from './ports.ts';
import { reasonOf } from './reason-of.ts';
import {
  newActor,
  parkedForm,
  restoredActor,
  storedForm,
  type WorkspaceActor,
  type WorkspaceLogic,
  type WorkspaceSnapshot,
} from './restore.ts';

/** So many failures in a row and a workspace is put aside; a quiet while between two of them begins a new row. */
const FAULTS_UNTIL_PARKED = 3;
const FAULTS_APART_MS: DurationMs = 10 * MINUTE;

type DistributiveOmit<T, K extends keyof T> = T extends unknown ? Omit<T, K> : never;
/** An event without its stamp, which the host adds. */
export type Occurrence = DistributiveOmit<WorkspaceEvent, keyof Stamp> & {
  /** Who acts in an operator's place; the journal tells of it. */
  by?: 'schedule' | 'idleness';
};

type HostOptions = {
  logic: WorkspaceLogic;
  store: Pick<Store, 'commit'>;
  stamp: () => Stamp;
  /** The policy in force for a workspace. */
  policyOf: (entry: Entry) => Policy;
  log: { error(details: object, message: string): void };
  /** Called after each transition, with the state before it and what caused it, in the words of the journal. */
  onTransition: (entry: Entry, from: WorkspaceSnapshot, event: string) => void;
  /** Called when a machine that the workspace invoked is in another state. */
  onChildMoved: (entry: Entry) => void;
};

/**
 * Runs actors: every transition goes to the store with its journal row, and an exception costs one workspace.
 *
 * An actor that throws is rebuilt from its last good snapshot and entered anew; the third time in a row the
 * workspace is parked as failed, with a reason, and the supervisor goes on.
 */
export const createActorHost = (options: HostOptions) => {
  const { logic, store, stamp, policyOf, log, onTransition, onChildMoved } = options;
  const recorder = createEdgeRecorder();
  let closed = false;
  /** Goes to disk together with the next transition of its workspace. */
  let along: { entry: Entry; change: Partial<Change> } | null = null;

  const inspectorOf =
    (entryOf: () => Entry | undefined) =>
    (event: InspectionEvent): void => {
      recorder.inspect(event);
      const entry = entryOf();
      if (event.type !== '@xstate.snapshot' || entry === undefined) return;
      try {
        if (event.actorRef !== entry.actor) return tellChild(entry, event.snapshot);
        noteTransition(entry, event.snapshot as WorkspaceSnapshot, event.event);
      } catch (error) {
        log.error({ err: error, workspace: entry.id }, 'a transition could not be recorded');
      }
    };

  /** What moved is a machine that the workspace invoked, or one of the steps of that. */
  const tellChild = (entry: Entry, snapshot: object) => {
    if ('value' in snapshot) onChildMoved(entry);
  };

  const noteTransition = (entry: Entry, snapshot: WorkspaceSnapshot, event: { type: string }) => {
    if (snapshot === entry.snapshot || (snapshot.status !== 'active' && snapshot.status !== 'done')) return;
    const from = entry.snapshot;
    const at = momentOf(event) ?? stamp().at;
    enter(entry, snapshot);
    entry.edges = recorder.edgesOf(entry.actor);
    const change: Change = {
      workspaceId: entry.id,
      snapshot: storedForm(snapshot),
      journal: [{ ...transitionRow(from, snapshot, event, at), reason: reasonOf(entry) }],
      ...takeAlong(entry),
    };
    if (snapshot.status === 'done') change.removedAt = at;
    write(entry, change);
    onTransition(entry, from, eventName(event.type));
  };

  const write = (entry: Entry, change: Change) => {
    entry.commit = store.commit(change);
    // Whoever waits for this very commit is told; a commit that nobody waits for is retried by the store.
    entry.commit.catch(() => undefined);
  };

  const takeAlong = (entry: Entry): Partial<Change> => {
    if (along?.entry !== entry) return {};
    const { change } = along;
    along = null;
    return change;
  };

  const send = (entry: Entry, occurrence: Occurrence, change: Partial<Change> = {}): Promise<void> => {
    if (closed) return Promise.reject(new KeepwellError('NOT_READY'));
    const before = entry.commit;
    along = { entry, change };
    entry.actor.send({ ...occurrence, ...stamp() });
    const rest = takeAlong(entry);
    if (!isAlive(entry)) {
      const message = 'Deciding about the workspace failed; it was rebuilt.';
      return Promise.reject(new KeepwellError('INTERNAL', { message }));
    }
    if (Object.keys(rest).length > 0) write(entry, { workspaceId: entry.id, ...rest });
    return entry.commit === before ? Promise.resolve() : entry.commit;
  };

  const resume = (entry: Entry): Promise<void> =>
    send(entry, { type: 'supervisor.resumed', policy: policyOf(entry) });

  const contain = (entry: Entry, error: unknown) => {
    const { at } = stamp();
    entry.faults = at - entry.faultAt > FAULTS_APART_MS ? 1 : entry.faults + 1;
    entry.faultAt = at;
    const message = error instanceof Error ? error.message : String(error);
    log.error({ err: error, workspace: entry.id, faults: entry.faults }, 'a workspace actor failed');
    queueMicrotask(() => {
      if (closed) return;
      try {
        rebuild(entry, message);
      } catch (failure) {
        log.error({ err: failure, workspace: entry.id }, 'a workspace could not be rebuilt');
      }
    });
  };

  const rebuild = (entry: Entry, message: string) => {
    note(entry, 'actor.failed', { message, inARow: entry.faults });
    if (entry.faults >= FAULTS_UNTIL_PARKED) {
      park(entry, parkedForm(entry.snapshot.context, reasons.internalError(message), stamp().at));
    } else {
      replace(entry, storedForm(entry.snapshot));
      resume(entry).catch(() => undefined);
    }
  };

  const replace = (entry: Entry, stored: StoredSnapshot) => {
    entry.life.abort();
    entry.life = new AbortController();
    adopt(
      entry,
      restoredActor(
        logic,
        stored,
        inspectorOf(() => entry),
      ),
    );
  };

  /** Puts a workspace into a state that no event led to; the journal row carries the whole of it. */
  const park = (
    entry: Entry,
    stored: StoredSnapshot,
    event = 'actor.parked',
    extra: Partial<Change> = {},
  ) => {
    const from = entry.snapshot;
    replace(entry, stored);
    const row: JournalDraft = {
      kind: 'transition',
      at: stored.context.since,
      event,
      // What cannot be read says nothing of where the workspace was.
      from: extra.quarantine === undefined ? leafOf(from.value) : null,
      to: leafOf(stored.value),
      reason: stored.context.reason,
      cause: { type: event, snapshot: stored } as unknown as Json,
    };
    write(entry, { workspaceId: entry.id, snapshot: stored, journal: [row], ...extra });
    onTransition(entry, from, event);
  };

  const adopt = (entry: Entry, actor: WorkspaceActor) => {
    entry.actor = actor;
    enter(entry, actor.getSnapshot());
    actor.subscribe({ error: (error) => contain(entry, error) });
    actor.start();
  };

  const note = (entry: Entry, event: string, details: Json) => {
    const [child] = childrenOf(entry);
    const row = noteRow(entry.snapshot, event, details, stamp().at, child?.state);
    store.commit({ workspaceId: entry.id, journal: [row] }).catch(() => undefined);
  };

  return {
    /** An actor for a new workspace that does nothing yet: `begin` starts it once its first snapshot is on disk. @throws `NOT_READY` */
    prepare(input: WorkspaceInput, entryOf: () => Entry | undefined): WorkspaceActor {
      if (closed) throw new KeepwellError('NOT_READY');
      return newActor(logic, input, inspectorOf(entryOf));
    },
    /** @throws SnapshotRefused */
    restore: (stored: StoredSnapshot, entryOf: () => Entry | undefined): WorkspaceActor =>
      restoredActor(logic, stored, inspectorOf(entryOf)),
    /** What came to disk while the supervisor was closing is begun by the next one. */
    begin(entry: Entry): void {
      if (!closed) adopt(entry, entry.actor);
    },
    /**
     * Tells a workspace what happened. Resolves when what came of it is on disk: at once when nothing did.
     * `change` is committed with it. @throws `NOT_READY`, `STORE_UNWRITABLE`, `INTERNAL`
     */
    send,
    /** Tells a workspace that the supervisor is back: it enters its phase anew. */
    resume,
    /** The machines that it has invoked, and the edges they took last. */
    childrenOf: (entry: Entry) =>
      childrenOf(entry).map((child) => ({ ...child, edges: recorder.edgesOf(child.ref) })),
    park,
    note,
    /** Decides nothing any more; what is under way for the workspaces is aborted. */
    close(entries: Iterable<Entry>): void {
      closed = true;
      for (const { actor, life } of entries) {
        actor.stop();
        life.abort();
      }
    },
  };
};

export type ActorHost = ReturnType<typeof createActorHost>;

/** Whether an actor took what it was told; one that threw is rebuilt in the next turn. */
export const isAlive = (entry: Entry): boolean => entry.actor.getSnapshot().status !== 'error';

const momentOf = (event: object): EpochMs | undefined => {
  const { at, output } = event as { at?: EpochMs; output?: { at?: EpochMs } };
  return at ?? output?.at;
};
