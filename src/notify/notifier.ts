import type { DurationMs, EpochMs } from '../../machines/time.ts';
import type { NotifyChange, OutboxDraft } from '../supervisor/outbox-port.ts';
import type { Change, Json, Store } from '../supervisor/ports.ts';
import { type Decision, decide, type Incident } from './incidents.ts';
import type { Notice, NoticeKind } from './notice.ts';

/** So long a notice waits for others that come of the same cause, to be sent as one with them. */
export const GATHER_MS: DurationMs = 2_000;

/** The incident of the supervisor itself belongs to no workspace. */
const SUPERVISOR = '';

type NotifierOptions = {
  store: Store;
  targets: readonly { name: string; on: readonly NoticeKind[] }[];
  /** What a workspace is called. */
  nameOf: (workspaceId: string) => string;
  now: () => EpochMs;
  /** Told when something new may wait in the outbox. */
  onQueued: () => void;
  /** Told when it could not be decided whom to tell: that costs a notice, never a journal row. */
  onFault: (error: unknown) => void;
};

/**
 * Puts notices beside the journal rows that they tell of: one commit writes both, so none is lost and none is made up.
 *
 * `store` is the one given, with that added to its commits; it is for whoever writes journals.
 */
export const createNotifier = ({ store, targets, nameOf, now, onQueued, onFault }: NotifierOptions) => {
  const incidents = new Map<string, Incident>();
  let hold: { id: string } | null = null;

  const draftsOf = (notice: Notice, dueAt: EpochMs, of: readonly NoticeKind[]): OutboxDraft[] =>
    targets
      .filter((target) => wants(target.on, notice.kind, of))
      .map(({ name: target }) => ({
        id: notice.id,
        target,
        incident: notice.incident,
        notice: notice as unknown as Json,
        createdAt: notice.at,
        dueAt: dueAt + GATHER_MS,
      }));

  const notifyOf = ({ workspaceId, journal = [] }: Change): NotifyChange | null => {
    const before = incidents.get(workspaceId) ?? null;
    const change: NotifyChange = { add: [], withdraw: [], incident: null };
    let incident = before;
    for (const row of journal) {
      const decision: Decision = decide(incident, row, {
        workspaceId,
        get name() {
          return nameOf(workspaceId);
        },
      });
      incident = decision.incident;
      if (decision.withdraw !== null) change.withdraw.push(decision.withdraw);
      const { tell } = decision;
      if (tell !== null) change.add.push(...draftsOf(tell.notice, tell.dueAt, tell.of));
    }
    if (incident !== before) {
      change.incident = { subject: workspaceId, state: incident as unknown as Json };
      if (incident === null) incidents.delete(workspaceId);
      else incidents.set(workspaceId, incident);
    }
    return change.incident === null && change.add.length === 0 && change.withdraw.length === 0
      ? null
      : change;
  };

  const decided = (change: Change): NotifyChange | null => {
    try {
      return notifyOf(change);
    } catch (error) {
      onFault(error);
      return null;
    }
  };

  const tellWhenWritten = (commit: Promise<void>): void => {
    // What could not be written stays queued: the outbox has it once the disk takes it.
    void commit.catch(() => store.settled()).then(onQueued, () => undefined);
  };

  const tellOfSupervisor = (kind: NoticeKind, incident: string, text: string): void => {
    const at = now();
    const id = `${incident}.${kind}`;
    const notice = { id, kind, incident, workspaceId: null, name: null, at, text, hint: null };
    const of: NoticeKind[] = kind === 'recovered' ? ['supervisor_hold'] : [];
    const state = kind === 'recovered' ? null : { id: incident };
    tellWhenWritten(
      store.notify({ add: draftsOf(notice, at, of), withdraw: [], incident: { subject: SUPERVISOR, state } }),
    );
  };

  const release = (text: string): void => {
    if (hold === null) return;
    tellOfSupervisor('recovered', hold.id, text);
    hold = null;
  };

  return {
    store: {
      ...store,
      commit(change: Change): Promise<void> {
        const notify = decided(change);
        if (notify === null) return store.commit(change);
        const commit = store.commit({ ...change, notify });
        tellWhenWritten(commit);
        return commit;
      },
    } satisfies Store,
    /** Takes up the incidents that were open when the supervisor before this one ended. */
    load(): void {
      for (const { subject, state } of store.incidents()) {
        if (subject === SUPERVISOR) hold = state as unknown as { id: string };
        else incidents.set(subject, state as unknown as Incident);
      }
      // Nothing of a hold is stored: a supervisor begins anew.
      release('The supervisor was started anew. Silence is judged again after a whole lease for everybody.');
    },
    /** Most of the fleet is silent at once, and why that is not believed; null once silence is judged again. */
    noteHold(reason: string | null): void {
      if (reason === null) return release('Silence is judged again.');
      if (hold !== null) return;
      hold = { id: `supervisor-${now()}` };
      tellOfSupervisor('supervisor_hold', hold.id, reason);
    },
  };
};

export type Notifier = ReturnType<typeof createNotifier>;

/** A recovery is for those who heard of the trouble. */
const wants = (on: readonly NoticeKind[], kind: NoticeKind, of: readonly NoticeKind[]): boolean =>
  on.includes(kind) && (kind !== 'recovered' || of.some((told) => told !== 'recovered' && on.includes(told)));
