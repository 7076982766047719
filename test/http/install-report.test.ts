import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, openServer, type TestServer } from './support.ts';

let server: TestServer;
let id: string;
let token: string;
beforeAll(async () => {
  server = await openServer();
  ({ id, token } = await server.external('elsewhere'));
});
afterAll(() => server.close());

const HASH = 'a'.repeat(64);
const report = (body: object, { of = id, by = token }: { of?: string; by?: string | null } = {}) =>
  server.send('POST', `/workspaces/${of}/plugin-install-report`, { token: by, body });
const last = () => server.memory.reports.at(-1);

describe('an install report', () => {
  it('says what is in place, and is told whether that is all', async () => {
    const { status, body } = await report({ generation: 4, plugins: [{ name: 'lint', tree_hash: HASH }] });
    expect([status, body]).toEqual([200, { complete: true, generation: 4, differences: [] }]);
    expect(last()).toEqual({
      workspaceId: id,
      incarnation: null,
      report: { generation: 4, plugins: [{ name: 'lint', treeHash: HASH, problem: null }] },
    });
  });

  it('is told what to fetch', async () => {
    const { body } = await report({ generation: 4, plugins: [{ name: 'lint', tree_hash: 'b'.repeat(64) }] });
    expect(body).toEqual({
      complete: false,
      generation: 4,
      differences: [{ name: 'lint', action: 'fetch' }],
    });
  });

  it('may call the hash sha256, and write it in capitals', async () => {
    await report({ generation: 4, plugins: [{ name: 'lint', sha256: HASH.toUpperCase() }] });
    expect(last()?.report.plugins).toEqual([{ name: 'lint', treeHash: HASH, problem: null }]);
  });

  it('says why a plugin could not be put in place', async () => {
    const failed = { name: 'lint', status: 'failed' };
    await report({ generation: 4, plugins: [{ ...failed, error: 'no space left' }] });
    expect(last()?.report.plugins).toEqual([{ name: 'lint', treeHash: null, problem: 'no space left' }]);
    await report({ generation: 4, plugins: [failed] });
    expect(last()?.report.plugins[0]?.problem).toBe('it could not be put in place');
  });

  it('may hold fields that nobody knows', async () => {
    const more = { runtime: 'x', plugins: [{ name: 'lint', tree_hash: HASH, took_ms: 3 }] };
    expect((await report({ generation: 4, ...more })).status).toBe(200);
  });
});

describe('an install report is refused', () => {
  const count = () => server.memory.reports.length;

  it.each([
    ['without a generation', { plugins: [] }],
    ['without plugins', { generation: 4 }],
    ['with a hash that is none', { generation: 4, plugins: [{ name: 'a', tree_hash: 'abc' }] }],
    ['with a status that is none', { generation: 4, plugins: [{ name: 'a', status: 'maybe' }] }],
    ['with a plugin that is there twice', { generation: 4, plugins: [{ name: 'a' }, { name: 'a' }] }],
    [
      'with two hashes for one plugin',
      { generation: 4, plugins: [{ name: 'a', tree_hash: HASH, sha256: 'b'.repeat(64) }] },
    ],
  ])('%s', async (_, body) => {
    const before = count();
    const answer = await report(body);
    expect([answer.status, answer.body.code, count()]).toEqual([400, 'BAD_REQUEST', before]);
  });

  it('from strangers and from other workspaces', async () => {
    const other = await server.external('another');
    const body = { generation: 4, plugins: [] };
    expect((await report(body, { by: null })).status).toBe(401);
    expect((await report(body, { by: 'wrong' })).status).toBe(401);
    expect((await report(body, { by: other.token })).body.code).toBe('FORBIDDEN');
    expect((await report(body, { by: ADMIN })).status).toBe(200);
  });

  it('for a workspace that nobody knows, or that was removed', async () => {
    const gone = await server.external('gone');
    await server.send('DELETE', `/workspaces/${gone.id}`);
    const body = { generation: 4, plugins: [] };
    expect((await report(body, { of: gone.id, by: gone.token })).body.code).toBe('WORKSPACE_REMOVED');
    expect((await report(body, { of: 'never-there' })).body.code).toBe('FORBIDDEN');
    expect((await report(body, { of: 'never-there', by: null })).body.code).toBe('WORKSPACE_NOT_FOUND');
  });

  it('from an incarnation that was replaced, by its token or by its own word', async () => {
    const view = server.memory.views.get(id);
    if (view === undefined) throw new Error('no view');
    server.memory.views.set(id, { ...view, incarnation: 3 });
    const [second, third] = [server.memory.issue(id, 2), server.memory.issue(id, 3)];
    const body = { generation: 4, plugins: [] };
    expect((await report(body, { by: second })).body.code).toBe('STALE_INCARNATION');
    expect((await report({ ...body, incarnation: 2 }, { by: third })).body.code).toBe('STALE_INCARNATION');
    expect((await report(body, { by: third })).status).toBe(200);
  });
});
