/**
 * A server that speaks the wire format and makes the mistakes that one makes: a heartbeat writes the status before
 * anybody has read it, so the code that installs plugins while a workspace is `provisioning` never finds one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import Database from 'better-sqlite3';

// oxlint-disable-next-line typescript/no-explicit-any -- rows and bodies are whatever they are: one of the mistakes
type Any = any;
type Answer = [status: number, body: Any];

const SCHEMA = readFileSync(new URL('naive-server.sql', import.meta.url), 'utf8');
const HEARTBEAT = `UPDATE workspaces SET beat = @beat, at = @at, updated_at = @now, status = CASE
  WHEN status IN ('provisioning', 'awaiting_agent', 'offline', 'failed', 'paused', 'removed') THEN 'online'
  WHEN @rate >= 0.5 OR @wedged THEN 'degraded'
  WHEN status = 'degraded' AND @rate < 0.1 THEN 'online' ELSE status END WHERE id = @id`;
const NOTE = 'INSERT INTO events (id, at, event, "from", "to") VALUES (?, ?, ?, ?, ?)';
const SWEEP = `UPDATE workspaces SET status = CASE status WHEN 'online' THEN 'offline' ELSE 'failed' END
  WHERE (status = 'online' AND id IN (SELECT id FROM timed WHERE lease < @now))
  OR (status = 'provisioning' AND id IN (SELECT id FROM timed WHERE patience < @now))`;

const REST = { pause: 'paused', hibernate: 'hibernated', reconcile: 'online' };
const UP = 'provisioning';
const AWAKE = { restart: UP, resume: UP, wake: UP, retry: UP };
const VERBS = new Map(Object.entries({ ...REST, ...AWAKE }));

const FIXED: Record<string, Any> = {
  why: { text: 'So.', status: 'so', rule: 'It is so.', next: ['a beat'], operator: ['pause'] },
  'plugins/lock': { generation: 0, plugins: [] },
  'plugin-install-report': { complete: true, generation: 0, differences: [] },
};
const CALM = { status: 'ok', interval_seconds: 0.3, restart_pending: false, plugins_pending: false };
const refuse = (status: number): Answer => [status, { error: 'No.', code: `E${status}`, hint: 'Try again.' }];

export const openNaiveServer = async (adminToken: string) => {
  const db = new Database(':memory:');
  db.exec(SCHEMA);
  const processes = new Map<string, { child: ChildProcess; log: string }>();
  const one = (sql: string, ...values: unknown[]): Any => db.prepare(sql).get(...values);
  const all = (sql: string, ...values: unknown[]): Any[] => db.prepare(sql).all(...values);
  const run = (sql: string, ...values: unknown[]) => db.prepare(sql).run(...values);
  const rowOf = (key: unknown): Any => one('SELECT * FROM workspaces WHERE ? IN (id, name)', key);
  const owns = (token: string, id: string) =>
    one('SELECT 1 FROM tokens WHERE token = ? AND id = ?', token, id);
  const agentOf = (id: string, token: string): Any => {
    const row = rowOf(id);
    if (!row) throw refuse(404);
    if (!owns(token, row.id)) throw refuse(401);
    return row;
  };
  const note = (event: string, { id, status = null }: Any, became: string) =>
    run(NOTE, id, new Date().toISOString(), event, status, became);
  const move = (id: string, status: string) =>
    run('UPDATE workspaces SET status = ?, updated_at = ? WHERE id = ?', status, Date.now(), id);
  const grantToken = (id: string): string => {
    const token = randomUUID();
    run('INSERT INTO tokens VALUES (?, ?)', token, id);
    return token;
  };

  const viewOf = (id: string): Any => {
    const { card, declared, installed, ...view } = one('SELECT * FROM views WHERE id = ?', id);
    return { ...view, agent_card: JSON.parse(card ?? '{}'), plugins: { declared, installed, failed: 0 } };
  };

  const start = (id: string) => {
    const { spec, incarnation } = rowOf(id);
    const [program, ...args] = JSON.parse(spec).command ?? [];
    if (program === undefined) return;
    run('UPDATE workspaces SET incarnation = incarnation + 1 WHERE id = ?', id);
    const told = { KEEPWELL_TOKEN: grantToken(id), KEEPWELL_INCARNATION: String(incarnation + 1) };
    const before = processes.get(id);
    before?.child.kill();
    const child = spawn(program, args, { env: { PATH: process.env.PATH ?? '', ...told } });
    const entry = { child, log: before?.log ?? '' };
    child.stdout.on('data', (chunk) => (entry.log += chunk));
    processes.set(id, entry);
  };

  const declare = (id: string, plugins: Any[]) => {
    for (const plugin of plugins) run('INSERT INTO declared VALUES (?, ?)', id, plugin.source ?? plugin);
  };
  const create = ({ plugins = [], ...body }: Any): Answer => {
    if (typeof body.name !== 'string') return refuse(400);
    if (rowOf(body.name)) return refuse(409);
    const id = randomUUID();
    const status = body.external ? 'awaiting_agent' : 'provisioning';
    run('INSERT INTO workspaces (id, name, spec) VALUES (?, ?, ?)', id, body.name, JSON.stringify(body));
    move(id, status);
    note('workspace.created', { id }, status);
    start(id);
    const answer = { ...viewOf(id), auth_token: body.external ? grantToken(id) : null };
    declare(id, plugins);
    return plugins.includes('nonsense://nowhere/at all') ? refuse(400) : [201, answer];
  };

  const heartbeat = (body: Any, token: string): Answer => {
    if (typeof body.workspace_id !== 'string') return refuse(400);
    const before = agentOf(body.workspace_id, token);
    const facts = { rate: Number(body.error_rate ?? 0), wedged: body.runtime_state === 'wedged' ? 1 : 0 };
    const moment = { now: Date.now(), at: new Date().toISOString() };
    run(HEARTBEAT, { id: before.id, beat: JSON.stringify(body), ...facts, ...moment });
    const row = rowOf(before.id);
    if (row.status !== before.status) note('heartbeat', before, row.status);
    // Plugins are installed when the agent comes up. By now it is online, so this never happens.
    if (row.status === 'provisioning' || row.status === 'awaiting_agent') {
      run('INSERT INTO installed SELECT * FROM declared WHERE id = ?', row.id);
      start(row.id);
    }
    const { lease_expires_at, generation } = viewOf(row.id);
    return [200, { ...CALM, workspace_status: row.status, generation, lease_expires_at }];
  };

  const register = ({ id, agent_card: card = {}, url = null }: Any, token: string, said: string): Answer => {
    const row = agentOf(id, token);
    // Whoever registers is up, whatever it was before.
    const sql = "UPDATE workspaces SET status = 'online', card = ?, url = coalesce(?, url) WHERE id = ?";
    run(sql, JSON.stringify(card), url, row.id);
    note(said, row, 'online');
    return [200, { status: said }];
  };

  const change = (row: Any, patch: Any): Answer => {
    const spec = JSON.stringify({ ...JSON.parse(row.spec), ...patch });
    run('UPDATE workspaces SET spec = ?, generation = generation + 1 WHERE id = ?', spec, row.id);
    // Every write counts as a sign of life.
    move(row.id, row.status);
    return [200, viewOf(row.id)];
  };

  const ofWorkspace = (row: Any, method: string, rest: string, body: Any): Answer => {
    const { id, status } = row;
    if (method === 'GET' && rest === '') return status === 'removed' ? refuse(410) : [200, viewOf(id)];
    if (method === 'PATCH') return change(row, body);
    if (rest in FIXED) return [200, FIXED[rest]];
    if (rest === 'history') return [200, { items: all('SELECT * FROM events WHERE id = ?', id) }];
    if (rest === 'logs') return [200, processes.get(id)?.log];
    if (rest === 'plugins/declared' && method === 'PUT') {
      run('DELETE FROM declared WHERE id = ?', id);
      declare(id, body.plugins);
      return change(row, {});
    }
    const plugins = all('SELECT * FROM declared WHERE id = ?', id);
    if (rest === 'plugins/declared') return [200, { generation: row.generation, plugins }];
    const became = method === 'DELETE' ? 'removed' : VERBS.get(rest);
    if (became === undefined) return refuse(404);
    move(id, became);
    note(rest, row, became);
    if (became === 'provisioning') start(id);
    return [200, viewOf(id)];
  };

  const route = (method: string, path: string, token: string, body: Any): Answer => {
    if (path === '/healthz' || path === '/readyz') return [200, {}];
    const [, said] = path.split('/registry/');
    if (said === 'heartbeat') return heartbeat(body, token);
    if (said === 'register') return register(body, token, 'registered');
    if (said === 'update-card') return register({ ...body, id: body.workspace_id }, token, 'updated');
    const [, key, rest = ''] = /^\/workspaces\/([^/]+)\/?(.*)$/.exec(path) ?? [];
    const row = rowOf(key);
    if (token !== adminToken && !(row && owns(token, row.id))) return refuse(401);
    if (path === '/plugins') return [200, { items: [{ source: 'local://sample' }] }];
    if (path !== '/workspaces') return row ? ofWorkspace(row, method, rest, body) : refuse(404);
    if (method === 'POST') return create(body);
    const there = all("SELECT id FROM views WHERE status != 'removed'");
    return [200, { items: there.map(({ id }) => viewOf(id)) }];
  };

  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const [path = ''] = (request.url ?? '').split('?');
    const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
    let answer = refuse(400);
    try {
      answer = route(request.method ?? '', path, token, JSON.parse((await text(request)) || '{}'));
    } catch (error) {
      if (Array.isArray(error)) answer = error as Answer;
    }
    const [status, body] = answer;
    response.setHeader('x-request-id', request.headers['x-request-id'] ?? '');
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  const server = createServer((request, response) => void respond(request, response));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const sweep = setInterval(() => run(SWEEP, { now: Date.now() }), 100);

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      clearInterval(sweep);
      for (const { child } of processes.values()) child.kill();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
