/**
 * Measures what `src/store/why-group-commit.md` says: `node test/store/group-commit.bench.ts`.
 *
 * The ways take turns within each round, so that a busy moment of the machine hits all of them alike; the
 * median of the rounds is printed. Needs a folder on a real disk: a tmpfs syncs for nothing.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openStore } from '../../src/store/open-store.ts';
import { aRow, aSnapshot, aWorkspace } from './records.ts';

const ROUNDS = 9;
/** As many as change in one turn, or the store would write only the newest snapshot of each. */
const WORKSPACES = 1_000;
const FILLER = 'x'.repeat(1_500);

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'keepwell-bench-'));
const file = join(folder, 'keepwell.db');
const store = openStore({ file, now: () => Date.now() });
for (let n = 0; n < WORKSPACES; n += 1) await store.create(aWorkspace(`w${n}`));

const change = (n: number) => ({
  workspaceId: `w${n % WORKSPACES}`,
  snapshot: aSnapshot({ n, filler: FILLER }),
  journal: [aRow('x.happened', { cause: { n } })],
});

/** Changes per second when `together` of them are queued in each turn of the event loop. */
const storing = (together: number, total: number) => async () => {
  const begun = performance.now();
  for (let n = 0; n < total; n += together) {
    await Promise.all(Array.from({ length: together }, (_, k) => store.commit(change(n + k))));
  }
  return (total * 1_000) / (performance.now() - begun);
};

/** The same rows without the store's group: one transaction, hence one sync, for each change. */
const bare = (synchronous: 'FULL' | 'NORMAL', total: number) => {
  const db = new Database(join(folder, `bare-${synchronous}.db`));
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${synchronous}`);
  db.exec('CREATE TABLE snapshots (id TEXT PRIMARY KEY, snapshot TEXT) STRICT');
  db.exec('CREATE TABLE journal (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, cause TEXT) STRICT');
  const snapshot = db.prepare('INSERT OR REPLACE INTO snapshots VALUES (?, ?)');
  const row = db.prepare('INSERT INTO journal (id, cause) VALUES (?, ?)');
  const write = db.transaction((n: number) => {
    const { workspaceId, snapshot: value, journal } = change(n);
    snapshot.run(workspaceId, JSON.stringify(value));
    row.run(workspaceId, JSON.stringify(journal[0]));
  });
  return async () => {
    const begun = performance.now();
    for (let n = 0; n < total; n += 1) write(n);
    return (total * 1_000) / (performance.now() - begun);
  };
};

/** How often the disk alone can take two pages for good: the ceiling of one sync per change. */
const syncing = (total: number) => async () => {
  const log = openSync(join(folder, 'bare-file'), 'w');
  const pages = Buffer.alloc(8_192, 1);
  const begun = performance.now();
  for (let n = 0; n < total; n += 1) {
    writeSync(log, pages);
    fdatasyncSync(log);
  }
  const elapsed = performance.now() - begun;
  closeSync(log);
  return (total * 1_000) / elapsed;
};

const ways = [
  { name: 'two pages appended and synced, no SQLite', run: syncing(300) },
  { name: 'one transaction per change, FULL, no store', run: bare('FULL', 300) },
  { name: 'one transaction per change, NORMAL, no store', run: bare('NORMAL', 3_000) },
  { name: 'store, 1 change per turn', run: storing(1, 300) },
  { name: 'store, 10 changes per turn', run: storing(10, 1_000) },
  { name: 'store, 100 changes per turn', run: storing(100, 5_000) },
  { name: 'store, 1,000 changes per turn', run: storing(1_000, 10_000) },
].map((way) => ({ ...way, perSecond: [] as number[] }));

for (let round = 0; round < ROUNDS; round += 1) {
  for (const way of ways) way.perSecond.push(await way.run());
}
for (const { name, perSecond } of ways) {
  const sorted = perSecond.sort((a, b) => a - b);
  const [low, median, high] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)].map((x) =>
    Math.round(x ?? 0),
  );
  console.log(`${name.padEnd(46)} ${median} changes/s (${low} to ${high})`);
}

const presence = Array.from({ length: 100 }, (_, n) => ({
  lastHeartbeatAt: n,
  leaseExpiresAt: n,
  errorRate: 0,
  sampleError: null,
  activeTasks: 1,
  currentTask: null,
  uptimeSeconds: n,
}));
const beats = Array.from({ length: 10_000 }, (_, n) => ({
  workspaceId: `w${n % WORKSPACES}`,
  presence: presence[n % 100]!,
}));
const flushes: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const begun = performance.now();
  await store.savePresence(beats);
  flushes.push(performance.now() - begun);
}
console.log(`presence of 10,000 in one flush: ${flushes.sort((a, b) => a - b)[ROUNDS >> 1]?.toFixed(0)} ms`);
await store.close();
rmSync(folder, { recursive: true, force: true });
