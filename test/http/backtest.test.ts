import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openServer, type TestServer } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
  for (const name of ['calm', 'shaky', 'silent']) await server.external(name);
});
afterAll(() => server.close());

const ago = (seconds: number) => server.clock.now - seconds * 1_000;

beforeEach(() => {
  server.memory.state.heard = {
    calm: { minutes: 60, beats: 120, firstAt: ago(7_200), lastAt: ago(10), longestGapMs: 30_000 },
    shaky: {
      minutes: 50,
      beats: 90,
      firstAt: ago(3_600),
      lastAt: ago(20),
      longestGapMs: 200_000,
      gaps: [
        { endedAt: ago(3_000), lengthMs: 200_000 },
        { endedAt: ago(2_000), lengthMs: 70_000 },
      ],
      offlines: [
        { at: ago(3_020), by: 'silence', lastBeatAt: ago(3_200) },
        { at: ago(900), by: 'silence', lastBeatAt: ago(1_080) },
        { at: ago(500), by: 'exit', lastBeatAt: null },
      ],
    },
  };
});

const ask = (query = '') => server.send('GET', `/backtest${query}`);
const verdict = (offlineAfter: string, offlines: number, mistaken: number, worst: number | null = 180) => ({
  offline_after: offlineAfter,
  offlines,
  false_offlines: mistaken,
  real_offlines: offlines - mistaken,
  silent_offlines: worst === null ? 0 : 1,
  noticed_after: worst === null ? null : { median_seconds: 0, worst_seconds: worst },
});

describe('GET /backtest', () => {
  it('says what the value in force, the proposed and a suggested one come to, over all and for each', async () => {
    const { status, body } = await ask('?offline_after=60s&since=12h');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      since: '2026-01-01T15:04:05.000Z',
      until: '2026-01-02T03:04:05.000Z',
      least_seconds: 60,
      seen: {
        workspaces: 3,
        left_out: 0,
        minutes: 110,
        beats: 210,
        first_at: '2026-01-02T01:04:05.000Z',
        last_at: '2026-01-02T03:03:55.000Z',
        journal_since: null,
        longest_gap_ms: 200_000,
      },
      now: verdict('3m', 3, 1),
      proposed: verdict('1m', 4, 2, 60),
      suggested: verdict('4m', 2, 0, 240),
    });
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual(['shaky', 'calm', 'silent']);
    expect(body.items[0]).toMatchObject({ beats: 90, proposed: verdict('1m', 4, 2, 60) });
    expect(body.items[1].suggested).toEqual(verdict('1m', 0, 0, null));
  });

  it('judges what is in force alone when nothing is proposed, a month back', async () => {
    const { body } = await ask();
    expect(body.proposed).toBeNull();
    expect(body.since).toBe('2025-12-03T03:04:05.000Z');
  });

  it('looks at the workspaces that are named, by id or name, each once', async () => {
    const named = async (query: string) =>
      (await ask(query)).body.items.map(({ name }: { name: string }) => name);
    const [calm] = server.memory.views.values();
    expect(await named('?workspace=calm')).toEqual(['calm']);
    expect(await named(`?workspace=shaky&workspace=${calm?.id}&workspace=calm`)).toEqual(['shaky', 'calm']);
    expect((await ask('?workspace=calm&workspace=nobody')).body.code).toBe('WORKSPACE_NOT_FOUND');
  });

  it('lists no more of them than asked for, and counts all', async () => {
    const { body } = await ask('?limit=1');
    expect(body.items).toHaveLength(1);
    expect(body.seen.workspaces).toBe(3);
  });

  it('names no single value where workspaces have different ones', async () => {
    server.memory.state.heard.calm = { ...server.memory.state.heard.calm, offlineAfterMs: 600_000 };
    expect((await ask()).body.now.offline_after).toBeNull();
  });

  it('says from when on real ones are known, when the journal does not reach that far', async () => {
    server.memory.state.heard.calm = { ...server.memory.state.heard.calm, journalSince: ago(3_600) };
    expect((await ask('?since=12h')).body.seen.journal_since).toBe('2026-01-02T02:04:05.000Z');
    expect((await ask('?since=30m')).body.seen.journal_since).toBeNull();
  });

  it('has what was heard until now written down first', async () => {
    server.memory.state.settled = [];
    const { body } = await ask('?workspace=calm');
    expect(server.memory.state.settled).toEqual([body.items[0].id]);
  });

  it('declines to judge by nothing, and says what to do', async () => {
    server.memory.state.heard = { calm: { beats: 1 } };
    const { status, body } = await ask();
    expect([status, body.code]).toEqual([409, 'BACKTEST_TOO_LITTLE']);
    expect(body.hint).toContain('look further back');
  });

  it.each([
    ['?offline_after=soon', 'BAD_DURATION', 'query.offline_after'],
    ['?offline_after=0s', 'BAD_DURATION', 'query.offline_after'],
    ['?since=367d', 'BAD_DURATION', 'query.since'],
    ['?since=', 'BAD_DURATION', 'query.since'],
    ['?limit=1001', 'BAD_REQUEST', 'query.limit'],
    ['?offline=60s', 'BAD_REQUEST', 'query.offline'],
  ])('refuses %s with %s', async (query, code, path) => {
    const { status, body } = await ask(query);
    expect([status, body.code, body.details[0].path]).toEqual([400, code, path]);
  });

  it('is for whoever may look at everything, and not for an agent', async () => {
    const { token } = await server.external('agent');
    const { token: looking } = await server.viewer('looker');
    expect((await server.send('GET', '/backtest', { token: looking })).status).toBe(200);
    expect((await server.send('GET', '/backtest', { token })).status).toBe(403);
  });
});
