/** What a beat costs when each one is a row that is read and written, durable before it is answered. */
import { readFileSync } from 'node:fs';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Database from 'better-sqlite3';
import Fastify from 'fastify';
import { BeatAnswer, BeatBody } from '../../../src/http/schemas/beat.ts';
import type { Fleet } from '../fleet.ts';
import { sampleAnswer } from '../sample-answer.ts';

const [port, databaseFile = '', fleetFile = ''] = process.argv.slice(2);
const { workspaces } = JSON.parse(readFileSync(fleetFile, 'utf8')) as Fleet;

const db = new Database(databaseFile);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec(`
  CREATE TABLE workspaces (
    id TEXT NOT NULL PRIMARY KEY,
    status TEXT NOT NULL,
    generation INTEGER NOT NULL,
    last_heartbeat_at REAL,
    lease_expires_at REAL,
    error_rate REAL,
    sample_error TEXT,
    active_tasks INTEGER,
    current_task TEXT,
    uptime_seconds REAL
  ) STRICT`);
const insert = db.prepare(`INSERT INTO workspaces (id, status, generation) VALUES (?, 'provisioning', 1)`);
db.transaction(() => {
  for (const { id } of workspaces) insert.run(id);
})();

const find = db.prepare<[string], { status: 'online'; generation: number }>(
  'SELECT status, generation FROM workspaces WHERE id = ?',
);
const update = db.prepare(`
  UPDATE workspaces SET last_heartbeat_at = ?, lease_expires_at = ?, error_rate = ?, sample_error = ?,
    active_tasks = ?, current_task = ?, uptime_seconds = ?,
    status = CASE WHEN status = 'provisioning' THEN 'online' ELSE status END
  WHERE id = ?`);
const beat = db.transaction((body: BeatBody) => {
  const { workspace_id: id, error_rate, sample_error, active_tasks, current_task, uptime_seconds } = body;
  const found = find.get(id);
  const now = Date.now();
  update.run(now, now + 180_000, error_rate, sample_error, active_tasks, current_task, uptime_seconds, id);
  return found;
});

const app = Fastify({ logger: false }).withTypeProvider<TypeBoxTypeProvider>();

app.post('/registry/heartbeat', { schema: { body: BeatBody, response: { 200: BeatAnswer } } }, (request) => {
  const found = beat(request.body);
  return { ...sampleAnswer, workspace_status: found?.status ?? 'online', generation: found?.generation ?? 1 };
});
app.get('/readyz', () => ({ ready: true }));

await app.listen({ host: '127.0.0.1', port: Number(port) });
