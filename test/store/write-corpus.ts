/**
 * Writes a database of each schema version that has none in `corpus/` yet: `npm run corpus`. Run once
 * for each new migration, and kept: what is there is never written again.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { migrate } from '../../src/store/migrate.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { aSnapshot, aSpec, NOON } from './records.ts';

const bench = mkdtempSync(join(tmpdir(), 'keepwell-corpus-'));
for (let version = 1; version <= MIGRATIONS.length; version += 1) {
  const kept = join(import.meta.dirname, 'corpus', `schema-${version}.db.gz`);
  if (existsSync(kept)) continue;
  const file = join(bench, `${version}.db`);
  const db = new Database(file);
  migrate(db, MIGRATIONS.slice(0, version));
  const workspace = db.prepare(
    'INSERT INTO workspaces (workspace_id, name, spec, generation, created_at) VALUES (?, ?, ?, 3, ?)',
  );
  const snapshot = db.prepare(
    'INSERT INTO snapshots (workspace_id, machine_version, snapshot) VALUES (?, 1, ?)',
  );
  const row = db.prepare(`INSERT INTO journal (workspace_id, at, event, from_state, to_state, cause, kind)
    VALUES (?, ?, ?, ?, 'b', '{}', 'transition')`);
  const size = db.prepare('INSERT INTO journal_sizes VALUES (?, 3, 0)');
  const token = db.prepare('INSERT INTO tokens (hash, workspace_id, created_at) VALUES (?, ?, ?)');
  for (const [id, name] of [
    ['w1', 'ada'],
    ['w2', 'bob'],
  ] as const) {
    workspace.run(id, name, JSON.stringify(aSpec(name)), NOON);
    snapshot.run(id, JSON.stringify(aSnapshot(name)));
    for (const n of [0, 1, 2]) row.run(id, NOON + n, `x.n${n}`, n === 0 ? null : 'a');
    size.run(id);
    token.run(id.repeat(32), id, NOON);
  }
  db.exec('VACUUM');
  db.close();
  writeFileSync(kept, gzipSync(readFileSync(file), { level: 9 }));
}
rmSync(bench, { recursive: true });
