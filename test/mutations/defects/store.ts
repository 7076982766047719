import type { CaughtDefect } from '../defect.ts';

/** What may go wrong on the way to the disk. */
export const OF_THE_STORE: readonly CaughtDefect[] = [
  {
    id: 'failed-batch-dropped',
    title: 'Changes of a commit that failed are dropped.',
    edits: [
      {
        file: 'src/store/writer.ts',
        find: `queue = queue.filter((job) => job.kept);`,
        replace: `queue = [];`,
      },
    ],
    caughtBy: {
      file: 'test/store/unwritable.test.ts',
      title: 'rejects a change, keeps it, and writes it when there is space again',
    },
  },
  {
    id: 'batch-out-of-order',
    title: 'Changes that waited for the disk are written newest first.',
    edits: [
      {
        file: 'src/store/writer.ts',
        find: `      queue.push({ number: lastNumber, run, kept, resolve, reject, answered: false });`,
        replace: `      const job = { number: lastNumber, run, kept, resolve, reject, answered: false };
      if (outage === null) queue.push(job);
      else queue.unshift(job);`,
      },
    ],
    caughtBy: {
      file: 'test/store/unwritable.test.ts',
      title: 'keeps the order of changes that wait, and writes each once',
    },
  },
  {
    id: 'older-snapshot-wins',
    title: 'While changes wait for the disk, the newest snapshot of a workspace gives way to an older one.',
    edits: [
      {
        file: 'src/store/changes.ts',
        find: `    if (older !== undefined && certain) older.snapshot = null;
    waiting.set(workspaceId, own);`,
        replace: `    if (older !== undefined && certain) own.snapshot = older.snapshot;
    waiting.set(workspaceId, own);`,
      },
    ],
    caughtBy: {
      file: 'test/store/unwritable.test.ts',
      title: 'keeps only the newest snapshot of a workspace, but every journal row',
    },
  },
  {
    id: 'answered-before-commit',
    title: 'The store says that a change is written when it is only queued.',
    edits: [
      {
        file: 'src/store/writer.ts',
        find: `      if (outage === null) turn ??= setImmediate(flush);`,
        replace: `      if (outage === null) turn ??= setImmediate(flush);
      if (outage === null) resolve();`,
      },
    ],
    caughtBy: {
      file: 'test/store/group-commit.test.ts',
      title: 'has nothing on disk before the turn ends, and all of it when the promise resolves',
    },
  },
  {
    id: 'neighbour-takes-all',
    title: 'One change that is refused takes all others of its commit with it.',
    edits: [
      {
        file: 'src/store/transaction.ts',
        find: `if (isDiskFault(error) || !db.inTransaction) throw error;`,
        replace: `if (isDiskFault(error) || db.inTransaction) throw error;`,
      },
    ],
    caughtBy: {
      file: 'test/store/group-commit.test.ts',
      title: 'rejects a bad change alone and writes its neighbours',
    },
  },
  {
    id: 'commit-not-synced',
    title: 'A commit that was acknowledged may be lost in a power cut.',
    edits: [
      {
        file: 'src/store/open-database.ts',
        find: `db.pragma('synchronous = FULL');`,
        replace: `db.pragma('synchronous = NORMAL');`,
      },
    ],
    caughtBy: {
      file: 'test/store/open-database.test.ts',
      title: 'syncs each commit to disk, logs ahead, waits for locks and checks references',
    },
  },
  {
    id: 'token-after-removal',
    title: 'A start that ends late gives a removed workspace a token.',
    edits: [
      {
        file: 'src/store/tokens.ts',
        find: `FROM workspaces WHERE workspace_id = ? AND removed_at IS NULL`,
        replace: `FROM workspaces WHERE workspace_id = ?`,
      },
    ],
    caughtBy: {
      file: 'test/store/removal.test.ts',
      title: 'takes further notes, but gets back neither token nor presence nor life',
    },
  },
  {
    id: 'sequence-given-twice',
    title: 'A row that follows dropped ones gets a number that was given before.',
    edits: [
      {
        file: 'src/store/journal.ts',
        find: `    INSERT INTO journal (workspace_id, at, event, from_state, to_state, reason, cause, kind, child)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        replace: `    INSERT INTO journal (seq, workspace_id, at, event, from_state, to_state, reason, cause, kind, child)
    VALUES ((SELECT coalesce(max(seq), 0) + 1 FROM journal), ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      },
    ],
    caughtBy: {
      file: 'test/store/journal.test.ts',
      title: 'never gives a number twice, not even when the newest rows are gone',
    },
  },
  {
    id: 'newer-database-opened',
    title: 'A database of a newer version is opened and written.',
    edits: [
      {
        file: 'src/store/inspect-database.ts',
        find: `if (version <= MIGRATIONS.length) return;`,
        replace: `if (version <= MIGRATIONS.length + 1_000) return;`,
      },
    ],
    caughtBy: {
      file: 'test/store/refusals.test.ts',
      title: 'refuses a database of a newer Keepwell, naming both versions, and leaves it as it is',
    },
  },
];
