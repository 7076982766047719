import { statSync } from 'node:fs';
import type { DurationMs, EpochMs } from '../../machines/time.ts';
import type { BeatHistory, BeatMinute } from '../../machines/workspace/beat-minute.ts';
import { KeepwellError } from '../errors.ts';
import { createAccessTokens } from './access-tokens.ts';
import { createAudit, toAuditText } from './audit.ts';
import { createBeatHistories } from './beat-history.ts';
import { createChanges } from './changes.ts';
import { createCheckpoints } from './checkpoints.ts';
import { createDrift } from './drift.ts';
import type { DurationsView } from './durations.ts';
import { createIdempotencyKeys } from './idempotency.ts';
import { createJournal } from './journal.ts';
import { createListeners } from './listeners.ts';
import { loadWorkspaces } from './load.ts';
import { openDatabase } from './open-database.ts';
import { createOutbox, toNotifyText } from './outbox.ts';
import { createPresences } from './presences.ts';
import { createQuarantine } from './quarantine.ts';
import { createSecrets } from './secrets.ts';
import { createTokens } from './tokens.ts';
import { createTransaction } from './transaction.ts';
import type {
  AccessTokenRow,
  AuditDraft,
  AuditEntry,
  AuditQuery,
  BeatRange,
  Change,
  Checkpoint,
  DriftRow,
  JournalEntry,
  JournalPage,
  Json,
  LoadedWorkspace,
  NewWorkspace,
  NotifyChange,
  OutboxPatch,
  OutboxRow,
  OutboxState,
  PresenceRow,
  SecretPlace,
  SecretRow,
  StoreHealth,
  TokenRow,
} from './types.ts';
import { createWalKeeper } from './wal-keeper.ts';
import { createWorkspaces } from './workspaces.ts';
import { createWriter } from './writer.ts';

export type StoreOptions = {
  file: string;
  now: () => EpochMs;
  /**
   * Told of what no caller is told: the disk stops taking writes (once per outage), a change that waited is
   * refused, a listener throws, the log cannot be emptied, changes are lost at closing. Default: nobody.
   */
  onFault?: (error: unknown) => void;
  /** Called after each commit: how long it took, and how many changes it wrote. Default: nobody. */
  onCommit?: (elapsedMs: DurationMs, changes: number) => void;
  /** Calls `run` once after `delayMs`; returns what cancels it. Default: a timer that keeps no process alive. */
  schedule?: (run: () => void, delayMs: DurationMs) => () => void;
  /** Between attempts while the disk takes nothing. Default 1 s. */
  retryMs?: DurationMs;
  /** Journal rows per workspace, at least 10. Default 10,000. */
  journalCap?: number;
  /** Rows of the audit, at least 10. Default 100,000. */
  auditCap?: number;
  /** Minutes of beats per workspace; 0 keeps none. Default 43,200, which are 30 days. */
  beatHistoryCap?: number;
  /** How long a statement waits for another process's lock, blocking the event loop. Default 5 s. */
  busyTimeoutMs?: DurationMs;
  /** Above this the write-ahead log is emptied at a quiet moment. Default 64 MiB. */
  walBytes?: number;
};

export type OpenedStore = {
  load(): LoadedWorkspace[];
  isRemoved(workspaceId: string): boolean;
  create(workspace: NewWorkspace): Promise<void>;
  commit(change: Change): Promise<void>;
  addToken(token: TokenRow): Promise<void>;
  rotateToken(token: TokenRow, retireAt: EpochMs): Promise<void>;
  accessTokens(): AccessTokenRow[];
  addAccessToken(token: AccessTokenRow): Promise<void>;
  revokeAccessToken(id: string, at: EpochMs): Promise<void>;
  secrets(): SecretRow[];
  saveSecrets(change: { set: SecretRow[]; forget: SecretPlace[] }): Promise<void>;
  drift(): DriftRow[];
  saveDrift(change: { set: DriftRow[]; forget: string[] }): Promise<void>;
  incidents(): { subject: string; state: Json }[];
  notify(change: NotifyChange): Promise<void>;
  outbox(query: { state: OutboxState; target?: string; limit: number }): OutboxRow[];
  settleOutbox(patches: OutboxPatch[]): Promise<void>;
  appendAudit(draft: AuditDraft): Promise<number>;
  audit(query: AuditQuery): AuditEntry[];
  auditHead(): { seq: number; hash: string };
  settled(signal?: AbortSignal): Promise<void>;
  savePresence(rows: PresenceRow[]): Promise<void>;
  saveBeats(minutes: BeatMinute[]): Promise<void>;
  beats(workspaceId: string, range: BeatRange): BeatHistory;
  journal(workspaceId: string | null, page: JournalPage): JournalEntry[];
  checkpoint(workspaceId: string, seq: number): Checkpoint | null;
  droppedRows(workspaceId: string): number;
  onJournal(listener: () => void): () => void;
  lastSeq(): number;
  idempotent(key: string): { digest: string; response: Json } | null;
  health(): StoreHealth;
  close(): Promise<void>;
  /** How long commits took lately, and how large the files are. */
  vitals(): DurationsView & { walBytes: number; databaseBytes: number };
  /** Lets the database grow to so many pages of 4 KiB, never below what it has; for trying out a full disk. */
  limitPages(pages: number): void;
};

/**
 * Opens the database, or makes it, and migrates it. Hold the data lock first: two writers wait for each other.
 *
 * Everything that is queued within one turn of the event loop becomes durable in one transaction at its end, so
 * a promise resolves only when its change survives a power cut. Reads see what is committed, not what is queued.
 * `close` writes what waits, empties the log and marks the stop as clean; closing twice is harmless, and whatever
 * is asked to be written afterwards is refused with `STORE_UNWRITABLE`.
 *
 * @throws `STORE_FROM_FUTURE`, `STORE_DAMAGED`, `DATA_FOLDER_UNUSABLE`, `STORE_UNWRITABLE`
 */
export const openStore = (options: StoreOptions): OpenedStore => {
  const { file, now, retryMs = 1_000, journalCap = 10_000, beatHistoryCap = 43_200 } = options;
  const { busyTimeoutMs = 5_000, walBytes = 64 * 2 ** 20, schedule = scheduleUnref } = options;
  const report = reporter(options.onFault);
  const db = openDatabase({ file, busyTimeoutMs, walBytes });
  const walKeeper = createWalKeeper({ db, walBytes, busyTimeoutMs, now, report });
  const listeners = createListeners(report);
  const workspaces = createWorkspaces(db);
  const journal = createJournal(db, { cap: Math.max(10, journalCap), now });
  const checkpoints = createCheckpoints(db);
  const tokens = createTokens(db);
  const accessTokens = createAccessTokens(db);
  const secrets = createSecrets(db);
  const drift = createDrift(db);
  const presences = createPresences(db);
  const beatHistories = createBeatHistories(db, beatHistoryCap);
  const idempotencyKeys = createIdempotencyKeys(db, now);
  const quarantine = createQuarantine(db, now);
  const outbox = createOutbox(db);
  const audit = createAudit(db, Math.max(10, options.auditCap ?? 100_000));
  const changes = createChanges({
    workspaces,
    journal,
    checkpoints,
    tokens,
    secrets,
    presences,
    beatHistories,
    idempotencyKeys,
    quarantine,
    outbox,
  });
  let toldSeq = journal.lastSeq();

  const onCommitted = (elapsedMs: DurationMs, written: number): void => {
    options.onCommit?.(elapsedMs, written);
    changes.forgetQueued();
    walKeeper.tend();
    if (journal.lastSeq() === toldSeq) return;
    toldSeq = journal.lastSeq();
    listeners.tell();
  };
  const transaction = createTransaction(db);
  const writer = createWriter({ transaction, now, schedule, retryMs, report, onCommitted });

  const close = (): void => {
    const lost = writer.close();
    if (lost > 0) {
      const message = `The store was closed with ${lost} changes that could not be written.`;
      report(new KeepwellError('STORE_UNWRITABLE', { message }));
    } else {
      markCleanStop();
    }
    walKeeper.truncate();
    db.close();
  };
  const markCleanStop = (): void => {
    try {
      db.exec('UPDATE installation SET stopped_cleanly = 1');
    } catch (error) {
      // Then the next start takes it for an unclean stop and checks the file, which is right.
      report(error);
    }
  };

  return {
    load: () => loadWorkspaces({ workspaces, presences, tokens }),
    isRemoved: (workspaceId) => workspaces.isRemoved(workspaceId),
    create: (workspace) => writer.enqueue(() => changes.toCreate(workspace), { kept: false }),
    commit: (change) => writer.enqueue(() => changes.toCommit(change), { kept: true }),
    addToken: (token) => writer.enqueue(() => () => tokens.add(token), { kept: false }),
    rotateToken: (token, retireAt) =>
      writer.enqueue(() => () => tokens.rotate(token, retireAt), { kept: false }),
    accessTokens: () => accessTokens.living(),
    addAccessToken: (token) => writer.enqueue(() => () => accessTokens.add(token), { kept: false }),
    revokeAccessToken: (id, at) => writer.enqueue(() => () => accessTokens.revoke(id, at), { kept: false }),
    secrets: () => secrets.all(),
    saveSecrets: ({ set, forget }) =>
      writer.enqueue(
        () => () => {
          for (const row of set) secrets.set(row);
          for (const place of forget) secrets.forget(place);
        },
        { kept: false },
      ),
    drift: () => drift.all(),
    saveDrift: ({ set, forget }) =>
      writer.enqueue(
        () => () => {
          for (const row of set) drift.set(row);
          for (const source of forget) drift.forget(source);
        },
        { kept: false },
      ),
    incidents: () => outbox.incidents(),
    notify: (change) =>
      writer.enqueue(
        () => {
          const text = toNotifyText(change);
          return () => outbox.write(text);
        },
        { kept: true },
      ),
    outbox: (query) => outbox.page(query),
    settleOutbox: (patches) => writer.enqueue(() => () => outbox.settle(patches), { kept: true }),
    savePresence: (rows) => writer.enqueue(() => () => presences.save(rows), { kept: false }),
    saveBeats: (minutes) => writer.enqueue(() => () => beatHistories.add(minutes), { kept: false }),
    beats: (workspaceId, range) => beatHistories.read(workspaceId, range),
    appendAudit: async (draft) => {
      let seq = 0;
      const prepare = () => {
        const row = toAuditText(draft);
        return () => {
          seq = audit.append(row);
        };
      };
      await writer.enqueue(prepare, { kept: true });
      return seq;
    },
    audit: (query) => audit.page(query),
    auditHead: () => audit.head(),
    settled: (signal) => writer.settled(signal),
    journal: (workspaceId, page) => journal.page(workspaceId, page),
    droppedRows: (workspaceId) => journal.dropped(workspaceId),
    checkpoint: (workspaceId, seq) => checkpoints.find(workspaceId, seq),
    onJournal: (listener) => listeners.add(listener),
    lastSeq: () => journal.lastSeq(),
    idempotent: (key) => idempotencyKeys.find(key),
    health: () => writer.health(),
    vitals: () => ({ ...writer.durations(), walBytes: sizeOf(`${file}-wal`), databaseBytes: sizeOf(file) }),
    close: async () => {
      if (db.open) close();
    },
    limitPages: (pages) => {
      db.pragma(`max_page_count = ${Math.trunc(pages)}`);
    },
  };
};

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

const scheduleUnref = (run: () => void, delayMs: DurationMs): (() => void) => {
  const timer = setTimeout(run, delayMs).unref();
  return () => clearTimeout(timer);
};

/** The last resort must not fail itself, for the writer is what calls it. */
const reporter =
  (onFault: StoreOptions['onFault']) =>
  (error: unknown): void => {
    try {
      onFault?.(error);
    } catch {
      // Whoever was to be told has a fault of its own.
    }
  };
