import type { BeatHistories } from './beat-history.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { IdempotencyKeys } from './idempotency.ts';
import { type Journal, toJournalText } from './journal.ts';
import { type Outbox, toNotifyText } from './outbox.ts';
import type { Presences } from './presences.ts';
import type { Quarantine } from './quarantine.ts';
import type { Secrets } from './secrets.ts';
import type { Tokens } from './tokens.ts';
import type { Change, NewWorkspace, StoredSnapshot } from './types.ts';
import type { SnapshotText, SpecText, Workspaces } from './workspaces.ts';

export type Tables = {
  workspaces: Workspaces;
  journal: Journal;
  checkpoints: Checkpoints;
  tokens: Tokens;
  secrets: Secrets;
  presences: Presences;
  beatHistories: BeatHistories;
  idempotencyKeys: IdempotencyKeys;
  quarantine: Quarantine;
  outbox: Outbox;
};

/**
 * Turns what is asked for into jobs that write it. Everything is made text at once, so that what is written is
 * what was decided, whatever happens to the objects until then.
 */
export type Changes = {
  toCreate(workspace: NewWorkspace): () => void;
  toCommit(change: Change): () => void;
  /** Tells that nothing is queued any more. */
  forgetQueued(): void;
};

export const createChanges = (tables: Tables): Changes => {
  const { workspaces, journal, checkpoints, tokens, secrets, presences, beatHistories } = tables;
  const { idempotencyKeys, quarantine, outbox } = tables;
  /** The newest snapshot of each workspace that still waits. */
  const waiting = new Map<string, { snapshot: SnapshotText | null }>();

  const toCreate: Changes['toCreate'] = ({ workspaceId, createdAt, token, idempotency, ...first }) => {
    const sealed = first.secrets.map((row) => ({ ...row }));
    const spec = toSpecText(first.spec);
    const snapshot = toSnapshotText(first.snapshot);
    const rows = first.journal.map(toJournalText);
    const key = idempotency && { ...idempotency, response: JSON.stringify(idempotency.response) };
    return () => {
      workspaces.insert(workspaceId, spec, createdAt);
      workspaces.setSnapshot(workspaceId, snapshot);
      journal.append(workspaceId, rows);
      if (token !== null) tokens.add(token);
      for (const row of sealed) secrets.set(row);
      if (key !== null) idempotencyKeys.add(key);
    };
  };

  const toCommit: Changes['toCommit'] = (change) => {
    const { workspaceId, token, removedAt } = change;
    const spec = change.spec && toSpecText(change.spec);
    const card = change.card && { ...change.card, agentCard: JSON.stringify(change.card.agentCard) };
    const unreadable = change.quarantine && { ...change.quarantine };
    const changed = change.secrets && structuredClone(change.secrets);
    const rows = (change.journal ?? []).map(toJournalText);
    const mark = change.schedule && JSON.stringify(change.schedule);
    const told = change.notify && toNotifyText(change.notify);
    const own = { snapshot: change.snapshot ? toSnapshotText(change.snapshot) : null };
    if (own.snapshot !== null) supersede(workspaceId, own, spec === undefined);

    return () => {
      if (spec !== undefined) workspaces.setSpec(workspaceId, spec);
      if (card !== undefined) workspaces.setCard(workspaceId, card);
      if (own.snapshot !== null) workspaces.setSnapshot(workspaceId, own.snapshot);
      if (mark !== undefined) workspaces.setSchedule(workspaceId, mark);
      if (unreadable !== undefined) quarantine.add(workspaceId, unreadable);
      if (token !== undefined) {
        tokens.forgetBefore(workspaceId, token.forgetBefore);
        tokens.add(token);
      }
      for (const row of changed?.set ?? []) secrets.set(row);
      for (const name of changed?.forget ?? []) secrets.forget({ workspaceId, name });
      journal.append(workspaceId, rows, (seq) => {
        if (own.snapshot !== null) checkpoints.add(workspaceId, seq, own.snapshot.text);
      });
      if (told !== undefined) outbox.write(told);
      if (removedAt !== undefined) {
        workspaces.remove(workspaceId, removedAt);
        tokens.forgetAll(workspaceId);
        secrets.forgetAll(workspaceId);
        presences.forget(workspaceId);
        beatHistories.forget(workspaceId);
      }
    };
  };

  /**
   * While the disk takes nothing, older snapshots of a workspace would pile up for nobody. A change of the spec
   * may be refused alone (its name is taken), so it must not take the snapshot before it along.
   */
  const supersede = (workspaceId: string, own: { snapshot: SnapshotText | null }, certain: boolean): void => {
    const older = waiting.get(workspaceId);
    if (older !== undefined && certain) older.snapshot = null;
    waiting.set(workspaceId, own);
  };

  return { toCreate, toCommit, forgetQueued: () => waiting.clear() };
};

const toSpecText = ({ spec, generation }: NonNullable<Change['spec']>): SpecText => ({
  name: spec.name,
  spec: JSON.stringify(spec),
  generation,
});

const toSnapshotText = (snapshot: StoredSnapshot): SnapshotText => ({
  machineVersion: snapshot.machineVersion,
  text: JSON.stringify(snapshot),
});
