import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEvents } from './event-reader.ts';
import { ADMIN, openServer, type TestServer } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const authorization = `Bearer ${ADMIN}`;

describe('a moment', () => {
  it('says where a workspace is in its machine, in the words of the chart', async () => {
    await server.external('still');
    const { status, body } = await server.send('GET', '/workspaces/still/machine');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      machine: 'workspace',
      live: true,
      last_edges: ['wanted.starting||0'],
      armed: [{ name: 'provisionBy', edge: 'wanted.provisioning|deadline.passed|2', to: 'wanted.failed' }],
      children: [{ id: 'reconcile', machine: 'reconcile', state: 'planning' }],
      why: { text: 'It waits for the first beat.' },
    });
    expect(body.armed[0].at).toMatch(/^\d{4}-.*Z$/);
  });

  it('that is not known any more is a 404 with a hint', async () => {
    await server.external('forgetful');
    const { status, body } = await server.send('GET', '/workspaces/forgetful/machine?at=999');
    expect([status, body.code]).toEqual([404, 'MOMENT_NOT_KNOWN']);
    expect(body.hint).not.toBe('');
  });

  it('is written as a test, as plain text', async () => {
    await server.external('tested');
    const response = await fetch(`${server.url}/workspaces/tested/machine/test`, {
      headers: { authorization },
    });
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toContain("import { walk } from 'keepwell/testing';");
  });
});

describe('the stream of one workspace', () => {
  it('begins with what it is like, and tells every change with its row and the moment after it', async () => {
    const { id } = await server.external('live');
    const stream = await openEvents(`${server.url}/workspaces/live/live`, { authorization });
    expect((await stream.next())?.event).toBe('moment');
    server.memory.note(id, 'agent.registered', 'wanted.online.converged');
    const row = await stream.next();
    expect([row?.event, row?.row.event]).toEqual(['journal', 'agent.registered']);
    expect(row?.id).toBe(row?.row.seq);
    expect((await stream.next())?.event).toBe('moment');
    stream.close();
  });

  it('goes on after the row that was seen last', async () => {
    const { id } = await server.external('resumed');
    const seen = server.memory.supervisor.lastSeq();
    server.memory.note(id, 'one', 'wanted.online');
    server.memory.note(id, 'two', 'wanted.online');
    const stream = await openEvents(`${server.url}/workspaces/resumed/live`, {
      authorization,
      'last-event-id': String(seen),
    });
    const rows = [await stream.next(), await stream.next()];
    expect(rows.map((one) => one?.row.event)).toEqual(['one', 'two']);
    stream.close();
  });
});

describe('the stream of the fleet', () => {
  it('begins with everybody and goes on with changes from the mark that was seen last', async () => {
    await server.external('sailor');
    const stream = await openEvents(`${server.url}/fleet`, { authorization });
    const block = (await stream.nextBlock()) === 'retry: 2000' ? await stream.nextBlock() : null;
    stream.close();
    const [, mark = ''] = /^id: (\S+)\nevent: fleet\n/.exec(block ?? '') ?? [];
    expect(JSON.parse(block?.split('data: ')[1] ?? '').rows).toContainEqual(
      expect.objectContaining({
        name: 'sailor',
        restarts_24h: 2,
        plugins: expect.objectContaining({ held: 0 }),
      }),
    );
    const again = await openEvents(`${server.url}/fleet`, { authorization, 'last-event-id': mark });
    const next = await again.next();
    again.close();
    expect(next).toMatchObject({
      event: 'changes',
      row: { rows: [], beats: [], removed: expect.any(Array) },
    });
  });
});

describe('the supervisor', () => {
  it('shows its loop, store, leases, deadlines, loops and judgement', async () => {
    const { status, body } = await server.send('GET', '/supervisor');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      loop: { lag_p99_ms: 2 },
      store: { commit_p99_ms: 3, wal_bytes: 4_096 },
      deadlines: { armed: 1, next: [{ workspace: 'demo', name: 'resyncAt' }] },
      loops: [{ name: 'drift', every_seconds: 60 }],
      judgement: { held: false },
    });
  });
});
