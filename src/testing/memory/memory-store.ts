import type { DurationMs, EpochMs } from '../../../machines/time.ts';
import type { WorkspaceSpec } from '../../../machines/workspace/spec.ts';
import type { Json, LoadedWorkspace, SecretRow, Store, TokenRow } from '../../supervisor/ports.ts';
import { CALM_LIFE, type Life } from './life.ts';
import { createMemoryAudit } from './store/memory-audit.ts';
import { createMemoryBeats } from './store/memory-beats.ts';
import { createMemoryDisk, type MemoryDisk } from './store/memory-disk.ts';
import { createMemoryJournal } from './store/memory-journal.ts';
import { createMemoryOutbox } from './store/memory-outbox.ts';
import { createMemoryTables } from './store/memory-tables.ts';
import { createMemoryWriter } from './store/memory-writer.ts';
import { createUndoable } from './store/undoable.ts';

export { createMemoryDisk, type MemoryDisk };

export type MemoryStoreOptions = {
  /** What is committed. Opening another store over it is what a restart does. */
  disk: MemoryDisk;
  clock: { now(): EpochMs; schedule(at: EpochMs, run: () => void): () => void };
  life?: Life;
  /** How long what is queued waits for the commit that it shares. Default 0: until the clock rings next. */
  commitAfterMs?: DurationMs;
  /** Between attempts while the disk takes nothing. Default 1 s. */
  retryMs?: DurationMs;
  /** Journal rows per workspace, at least 10. Default 10,000. */
  journalCap?: number;
  /** Rows of the audit, at least 10. Default 100,000. */
  auditCap?: number;
  /** Minutes of beats per workspace; 0 keeps none. Default 43,200, which are 30 days. */
  beatHistoryCap?: number;
  /** Told of what no caller is told. Default: nobody. */
  onFault?: (error: unknown) => void;
};

export type MemoryStore = Store & {
  /** Commits what is queued now, without waiting for the clock. */
  flush(): Promise<void>;
};

/**
 * Opens a store over a disk of memory. It keeps every promise of the real one: what is queued is lost with its life,
 * what is committed is not, and a group is committed whole or not at all.
 *
 * Boundaries: `store.commit` before a group (throwing there is a failed commit), `store.write` (instant) before each
 * of its changes, `store.committed` when it is durable and nobody was told. While `disk.problem` is set, commits fail.
 */
export const openMemoryStore = ({
  disk,
  clock,
  life = CALM_LIFE,
  commitAfterMs = 0,
  retryMs = 1_000,
  journalCap = 10_000,
  auditCap = 100_000,
  beatHistoryCap = 43_200,
  onFault = () => undefined,
}: MemoryStoreOptions): MemoryStore => {
  const { now } = clock;
  const undoable = createUndoable();
  const journal = createMemoryJournal(disk, undoable, Math.max(10, journalCap), now);
  const outbox = createMemoryOutbox(disk, undoable);
  const audit = createMemoryAudit(disk, undoable, Math.max(10, auditCap));
  const tables = createMemoryTables(disk, undoable, journal, outbox, now);
  const beats = createMemoryBeats(disk, undoable, beatHistoryCap);
  const listeners = new Set<{ call: () => void }>();
  let toldSeq = disk.journal.lastSeq;

  const report = (error: unknown): void => {
    try {
      onFault(error);
    } catch {
      // Whoever was to be told has a fault of its own.
    }
  };

  const onCommitted = (): void => {
    journal.tidy();
    if (disk.journal.lastSeq === toldSeq) return;
    toldSeq = disk.journal.lastSeq;
    for (const { call } of listeners) {
      try {
        call();
      } catch (error) {
        report(error);
      }
    }
  };

  const schedule = (run: () => void, delayMs: DurationMs) => clock.schedule(now() + delayMs, run);
  const writer = createMemoryWriter({
    disk,
    undoable,
    life,
    now,
    schedule,
    commitAfterMs,
    retryMs,
    report,
    onCommitted,
  });
  const { enqueue } = writer;

  return {
    load: () => loadAll(disk),
    isRemoved: (workspaceId) => (disk.workspaces.get(workspaceId)?.removedAt ?? null) !== null,
    create: (workspace) => enqueue(workspace.workspaceId, false, () => tables.toCreate(workspace)),
    commit: (change) => enqueue(change.workspaceId, true, () => tables.toCommit(change)),
    addToken: (token) => enqueue(token.workspaceId, false, () => tables.addToken(token)),
    rotateToken: (token, retireAt) =>
      enqueue(token.workspaceId, false, () => tables.rotateToken(token, retireAt)),
    accessTokens: () =>
      [...disk.accessTokens.values()]
        .filter(({ revokedAt }) => revokedAt === null)
        .toSorted((a, b) => a.createdAt - b.createdAt || compare(a.id, b.id))
        .map(({ id, name, role, hash, createdAt }) => ({ id, name, role, hash, createdAt })),
    addAccessToken: (token) => enqueue(null, false, () => tables.addAccessToken(token)),
    revokeAccessToken: (id, at) => enqueue(null, false, () => tables.revokeAccessToken(id, at)),
    secrets: () => [...disk.secrets.values()].flatMap((own) => [...own.values()]).toSorted(byPlace),
    saveSecrets: (change) => enqueue(null, false, () => tables.saveSecrets(change)),
    drift: () => [...disk.drift.values()].toSorted((a, b) => compare(a.source, b.source)),
    saveDrift: (change) => enqueue(null, false, () => tables.saveDrift(change)),
    incidents: () => outbox.incidents(),
    notify: (change) => enqueue(null, true, () => outbox.toWrite(change)),
    outbox: (query) => outbox.page(query),
    settleOutbox: (patches) => enqueue(null, true, () => () => outbox.settle(patches)),
    async appendAudit(draft) {
      let seq = 0;
      await enqueue(null, true, () => {
        const append = audit.toAppend(draft);
        return () => {
          seq = append();
        };
      });
      return seq;
    },
    audit: (query) => audit.page(query),
    auditHead: () => audit.head(),
    settled: (signal) => writer.settled(signal),
    savePresence: (rows) => enqueue(null, false, () => tables.savePresence(rows)),
    saveBeats: (minutes) => {
      const rows = minutes.map((row) => ({ ...row }));
      return enqueue(null, false, () => () => beats.add(rows));
    },
    beats: (workspaceId, range) => beats.read(workspaceId, range),
    journal: (workspaceId, page) => journal.page(workspaceId, page),
    checkpoint: (workspaceId, seq) =>
      disk.checkpoints.get(workspaceId)?.findLast((checkpoint) => checkpoint.seq <= seq) ?? null,
    droppedRows: (workspaceId) => journal.dropped(workspaceId),
    onJournal(call) {
      const listener = { call };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    lastSeq: () => disk.journal.lastSeq,
    idempotent(key) {
      const row = tables.idempotent(key);
      return row && { digest: row.digest, response: JSON.parse(row.response) as Json };
    },
    health: () => writer.health(),
    close: () => writer.close(),
    flush: () => writer.flush(),
  };
};

const loadAll = (disk: MemoryDisk): LoadedWorkspace[] =>
  [...disk.workspaces]
    .filter(([, { removedAt }]) => removedAt === null)
    .toSorted(([a, { createdAt: first }], [b, { createdAt: second }]) => first - second || compare(a, b))
    .map(([workspaceId, row]) => ({
      workspaceId,
      spec: JSON.parse(row.spec) as WorkspaceSpec,
      generation: row.generation,
      createdAt: row.createdAt,
      agentCard: row.agentCard === null ? null : (JSON.parse(row.agentCard) as Json),
      url: row.url,
      schedule: row.schedule === null ? null : JSON.parse(row.schedule),
      rawSnapshot: row.snapshot ?? '',
      presence: disk.presences.get(workspaceId) ?? null,
      tokens: (disk.tokens.get(workspaceId) ?? []).toSorted(byIncarnation),
    }));

/** Those that outlive incarnations first, as the database sorts them. */
const byIncarnation = (a: TokenRow, b: TokenRow): number =>
  (a.incarnation ?? -1) - (b.incarnation ?? -1) || a.createdAt - b.createdAt;

const byPlace = (a: SecretRow, b: SecretRow): number =>
  compare(a.workspaceId ?? '', b.workspaceId ?? '') || compare(a.name, b.name);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
