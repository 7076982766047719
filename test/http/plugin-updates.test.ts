import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OutdatedPlugin } from '../../src/supervisor/api.ts';
import { openServer, type TestServer } from './support.ts';

let server: TestServer;
let one: { id: string; token: string };
let two: { id: string; token: string };
beforeAll(async () => {
  server = await openServer();
  one = await server.external('one', { plugins: ['lint', 'test'] });
  two = await server.external('two', { plugins: ['lint'] });
});
afterAll(() => server.close());

const outdated = (workspace: string, id: string, name: string, dismissed = false): OutdatedPlugin => ({
  workspaceId: id,
  workspace,
  name,
  source: `local://${name}`,
  installed: 'a'.repeat(64),
  latest: 'b'.repeat(64),
  checkedAt: 1_000,
  dismissed,
});
beforeEach(() => {
  server.memory.state.outdated = [outdated('one', one.id, 'lint'), outdated('two', two.id, 'lint')];
});

const updateAll = () => server.send('POST', '/plugins/update', { body: { all: true } });

describe('plugins for which there is something newer', () => {
  it('are listed for all workspaces, and with each workspace', async () => {
    const { status, body } = await server.send('GET', '/plugins/outdated');
    const listed = {
      name: 'lint',
      source: 'local://lint',
      installed: 'a'.repeat(64),
      latest: 'b'.repeat(64),
      checked_at: '1970-01-01T00:00:01.000Z',
      dismissed: false,
    };
    expect([status, body.items]).toEqual([
      200,
      [
        expect.objectContaining({ workspace: 'one', ...listed }),
        expect.objectContaining({ workspace: 'two', ...listed }),
      ],
    ]);
    const own = await server.send('GET', '/workspaces/one/plugins', { token: one.token });
    expect(own.body.outdated).toEqual([expect.objectContaining(listed)]);
  });

  it('are updated by name, or all of a workspace, by whoever has its token', async () => {
    const update = (body: object) =>
      server.send('POST', `/workspaces/${one.id}/plugins/update`, { token: one.token, body });
    expect((await update({ plugins: ['lint'] })).status).toBe(202);
    const { status, body, headers } = await update({});
    expect([status, body.name, headers.get('etag')]).toEqual([202, 'one', '"1"']);
    const refused = await update({ plugins: ['lint', 'nowhere'] });
    expect([refused.status, refused.body.code]).toEqual([404, 'PLUGIN_NOT_DECLARED']);
    for (const wrong of [{ plugins: [] }, { plugins: [''] }, { plugins: 'lint' }, { all: true }]) {
      expect((await update(wrong)).status).toBe(400);
    }
  });

  it('are updated everywhere at once, but for dismissed ones, and whoever cannot is named', async () => {
    server.memory.state.outdated.push(
      outdated('one', one.id, 'test'),
      outdated('two', two.id, 'undeclared'),
      outdated('one', one.id, 'quiet', true),
    );
    const { status, body } = await updateAll();
    expect([status, body]).toEqual([
      202,
      {
        begun: [{ workspace: 'one', plugins: ['lint', 'test'] }],
        refused: [{ workspace: 'two', problem: expect.any(String) }],
      },
    ]);
    expect((await server.send('POST', '/plugins/update', { body: {} })).status).toBe(400);
    expect(
      (await server.send('POST', '/plugins/update', { token: one.token, body: { all: true } })).status,
    ).toBe(403);
  });

  it('are dismissed one by one, and left out of an update of all then', async () => {
    const dismiss = (name: string) =>
      server.send('POST', `/workspaces/two/plugins/${name}/dismiss`, { token: two.token });
    expect(await dismiss('lint')).toMatchObject({ status: 200, body: { status: 'dismissed' } });
    expect((await updateAll()).body.begun).toEqual([{ workspace: 'one', plugins: ['lint'] }]);
    expect(await dismiss('test')).toMatchObject({ status: 404, body: { code: 'PLUGIN_NOT_OUTDATED' } });
  });
});

describe('the lock of a workspace', () => {
  it('says exactly what is in force, with the restart that was declared', async () => {
    await server.external('locked', { plugins: [{ source: 'lint', restart: 'never' }] });
    const { status, body } = await server.send('GET', '/workspaces/locked/plugins/lock');
    expect([status, body]).toEqual([
      200,
      {
        generation: 4,
        plugins: [
          {
            name: 'lint',
            source: 'local://lint',
            revision: null,
            tree_hash: 'a'.repeat(64),
            core_hash: 'b'.repeat(64),
            restart: 'never',
          },
        ],
      },
    ]);
  });
});
