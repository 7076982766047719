import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openEvents } from './event-reader.ts';
import { ADMIN, openServer, type TestServer } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const authorization = `Bearer ${ADMIN}`;

describe('the journal', () => {
  it('is read in pages, oldest first, and by workspace', async () => {
    const { id } = await server.external('paged');
    for (let count = 0; count < 5; count += 1) server.memory.note(id, `step.${count}`, 'wanted.online');
    const first = await server.send('GET', '/events?workspace=paged&limit=4');
    expect(first.body.items.map((row: { event: string }) => row.event)).toEqual([
      'workspace.created',
      'step.0',
      'step.1',
      'step.2',
    ]);
    const second = await server.send(
      'GET',
      `/events?workspace=${id}&limit=4&cursor=${first.body.next_cursor}`,
    );
    expect(second.body.items.map((row: { event: string }) => row.event)).toEqual(['step.3', 'step.4']);
    expect(second.body.next_cursor).toBeNull();
    expect(second.body.last_seq).toBe(server.memory.supervisor.lastSeq());
    expect(second.body.items[0]).toEqual({
      seq: expect.any(Number),
      at: '2026-01-02T03:04:05.000Z',
      workspace_id: id,
      event: 'step.3',
      from: null,
      to: 'wanted.online',
      reason: null,
      cause: { type: 'step.3' },
      kind: 'transition',
    });
  });

  it('of one workspace comes newest first, or oldest first when asked', async () => {
    const { id } = await server.external('historic');
    for (let count = 0; count < 3; count += 1) server.memory.note(id, `step.${count}`, 'wanted.online');
    const read = async (query: string) =>
      (await server.send('GET', `/workspaces/historic/history?${query}`)).body;
    const events = (page: { items: { event: string }[] }) => page.items.map((row) => row.event);
    const newest = await read('limit=3');
    expect(events(newest)).toEqual(['step.2', 'step.1', 'step.0']);
    expect(events(await read(`limit=3&cursor=${newest.next_cursor}`))).toEqual(['workspace.created']);
    const oldest = await read('limit=3&order=asc');
    expect(events(oldest)).toEqual(['workspace.created', 'step.0', 'step.1']);
    expect(events(await read(`limit=3&order=asc&cursor=${oldest.next_cursor}`))).toEqual(['step.2']);
  });

  it('of a removed workspace stays readable by its id', async () => {
    const { id } = await server.external('late');
    await server.send('DELETE', `/workspaces/${id}`);
    for (const path of [`/workspaces/${id}/history`, `/events?workspace=${id}`]) {
      const { status, body } = await server.send('GET', path);
      expect([path, status, body.items.length]).toEqual([path, 200, 2]);
    }
  });
});

describe('the event stream', () => {
  it('catches up from Last-Event-ID over many pages and then goes on live, each row once and in order', async () => {
    const { id } = await server.external('stream');
    const begin = server.memory.supervisor.lastSeq();
    for (let count = 0; count < 450; count += 1) server.memory.note(id, 'step.made', 'wanted.online');
    const first = await openEvents(`${server.url}/events`, { authorization, 'last-event-id': String(begin) });
    expect(first.response.headers.get('content-type')).toContain('text/event-stream');
    const seen: number[] = [];
    for (let count = 0; count < 300; count += 1) seen.push((await first.next())?.id ?? 0);
    first.close();

    const second = await openEvents(`${server.url}/events?after=0`, {
      authorization,
      'last-event-id': String(seen.at(-1)),
    });
    for (let count = 0; count < 150; count += 1) seen.push((await second.next())?.id ?? 0);
    server.memory.note(id, 'step.live', 'wanted.degraded');
    const live = await second.next();
    expect(live).toMatchObject({ event: 'step.live', row: { to: 'wanted.degraded', workspace_id: id } });
    expect(live?.row.seq).toBe(live?.id);
    seen.push(live?.id ?? 0);
    expect(seen).toEqual(Array.from({ length: 451 }, (_, index) => begin + 1 + index));
    second.close();
  });

  it('begins with what happens from now on when no position is given, and says where that is', async () => {
    const { id } = await server.external('from-now');
    const position = server.memory.supervisor.lastSeq();
    const events = await openEvents(`${server.url}/events`, { authorization });
    expect(await events.nextBlock()).toBe(`retry: 2000\nid: ${position}`);
    server.memory.note(id, 'step.first', 'wanted.online');
    expect((await events.next())?.id).toBe(position + 1);
    events.close();
  });

  it('of a workspace shows that workspace only, to its own token too', async () => {
    const mine = await server.external('mine');
    const theirs = await server.external('theirs');
    const streams = [
      await openEvents(`${server.url}/events?workspace=mine`, { authorization }),
      await openEvents(`${server.url}/events`, { authorization: `Bearer ${mine.token}` }),
      await openEvents(`${server.url}/workspaces/mine/history`, { authorization: `Bearer ${mine.token}` }),
    ];
    // Every stream listens once its first block has arrived.
    for (const stream of streams) await stream.nextBlock();
    server.memory.note(theirs.id, 'step.theirs', 'wanted.online');
    server.memory.note(mine.id, 'step.mine', 'wanted.online');
    for (const stream of streams) {
      expect((await stream.next())?.event).toBe('step.mine');
      stream.close();
    }
    const refused = await openEvents(`${server.url}/events?workspace=theirs`, {
      authorization: `Bearer ${mine.token}`,
    });
    expect(refused.response.status).toBe(403);
    refused.close();
  });

  it('takes a position from the future for the end, as after a restored backup', async () => {
    const { id } = await server.external('restored');
    const events = await openEvents(`${server.url}/events`, { authorization, 'last-event-id': '999999999' });
    await events.nextBlock();
    server.memory.note(id, 'step.after', 'wanted.online');
    expect((await events.next())?.event).toBe('step.after');
    events.close();
  });

  it('refuses an id that is none', async () => {
    const events = await openEvents(`${server.url}/events`, { authorization, 'last-event-id': 'x' });
    expect(events.response.status).toBe(400);
    events.close();
  });

  it('listens no longer when its client has gone', async () => {
    const before = server.memory.listeners.size;
    const events = await openEvents(`${server.url}/events`, { authorization });
    await events.nextBlock();
    expect(server.memory.listeners.size).toBe(before + 1);
    events.close();
    await vi.waitFor(() => expect(server.memory.listeners.size).toBe(before));
  });

  it('keeps nothing for a client that does not read, and does not read ahead for it', async () => {
    const second = await openServer();
    try {
      const { id } = await second.external('flood');
      let reads = 0;
      const { supervisor } = second.memory;
      const journal = supervisor.journal.bind(supervisor);
      supervisor.journal = (...args) => {
        reads += 1;
        return journal(...args);
      };
      const filler = 'x'.repeat(20_000);
      for (let count = 0; count < 4_000; count += 1) second.memory.note(id, 'step.made', filler);
      const socket = connect(Number(new URL(second.url).port), '127.0.0.1');
      socket.pause();
      socket.write(
        `GET /events?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nAccept: text/event-stream\r\n\r\n`,
      );
      await vi.waitFor(() => expect(reads).toBeGreaterThan(0));
      // 80 MB wait in the journal; the sockets between us hold a few.
      let last = -1;
      await vi.waitFor(
        () => {
          const isSteady = reads === last;
          last = reads;
          expect(isSteady).toBe(true);
        },
        { interval: 200, timeout: 10_000 },
      );
      expect(reads).toBeLessThan(15);
      socket.destroy();
    } finally {
      await second.close();
    }
  });

  it('is kept alive while nothing happens, and ends once its token is worth nothing any more', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const { id, token } = await server.external('revoked');
      const events = await openEvents(`${server.url}/events`, { authorization: `Bearer ${token}` });
      await events.nextBlock();
      // What was sent counts as a sign of life for the first 15 s.
      vi.advanceTimersByTime(30_000);
      expect(await events.nextBlock()).toBe(': keep-alive');
      await server.send('DELETE', `/workspaces/${id}`);
      expect((await events.next())?.event).toBe('operator.removed');
      vi.advanceTimersByTime(15_000);
      expect(await events.next()).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });

  it('ends cleanly when the server closes', async () => {
    const second = await openServer();
    const events = await openEvents(`${second.url}/events`, { authorization });
    await events.nextBlock();
    await second.close();
    expect(await events.next()).toBeNull();
  });
});
