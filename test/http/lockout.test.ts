import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLockout } from '../../src/http/lockout.ts';
import { openServer, type TestServer } from './support.ts';

const ADMIN = { kind: 'admin' } as const;
const open = () => {
  const clock = { now: 1_000_000 };
  const began: unknown[] = [];
  const lockout = createLockout(
    () => clock.now,
    (address, { forMs }) => void began.push([address, forMs]),
  );
  let guesses = 0;
  const guess = (address: string, count: number) => {
    for (let n = 0; n < count; n += 1) lockout.judge(address, `guess ${(guesses += 1)}`, null);
  };
  const waitOf = (address: string, identity: typeof ADMIN | null = null) =>
    (lockout.judge(address, 'never seen', identity)?.details as { retry_after_seconds: number } | undefined)
      ?.retry_after_seconds ?? 0;
  return { clock, began, lockout, guess, waitOf };
};

describe('an address from which tokens are guessed', () => {
  it('is locked out after ten different wrong ones within a minute, for a minute, then twice as long each time', () => {
    const { clock, began, guess, waitOf } = open();
    guess('a', 9);
    clock.now += 60_000;
    guess('a', 9);
    expect([began, waitOf('b')]).toEqual([[], 0]);
    guess('a', 1);
    expect([began, waitOf('a'), waitOf('b')]).toEqual([[['a', 60_000]], 60, 0]);
    clock.now += 59_001;
    expect(waitOf('a')).toBe(1);
    for (const minutes of [2, 4, 8, 16, 16]) {
      clock.now += 16 * 60_000;
      guess('a', 10);
      expect(began.at(-1)).toEqual(['a', minutes * 60_000]);
    }
  });

  it('has the right token not looked at either, unless whoever has it was heard from there before', () => {
    const { lockout, guess, waitOf } = open();
    lockout.judge('a', 'kww_1', { kind: 'workspace', workspaceId: 'w1', incarnation: null });
    guess('a', 10);
    expect(waitOf('a', ADMIN)).toBe(60);
    // Another token of the same workspace: it was rotated, or is of the next incarnation.
    expect(lockout.judge('a', 'kww_2', { kind: 'workspace', workspaceId: 'w1', incarnation: 2 })).toBeNull();
    expect(waitOf('b', ADMIN)).toBe(0);
  });

  it('is not one with agents that are out of date: the same wrong token again and again is no guess', () => {
    const { clock, began, lockout } = open();
    for (let round = 0; round < 100; round += 1) {
      for (const agent of ['one', 'two', 'three']) lockout.judge('nat', `old token of ${agent}`, null);
      clock.now += 200;
    }
    expect(began).toEqual([]);
  });

  it('is forgotten an hour after the last guess, and when the clock is set back', () => {
    const { clock, began, guess, waitOf } = open();
    guess('a', 10);
    clock.now += 61 * 60_000;
    guess('a', 10);
    expect(began).toEqual([
      ['a', 60_000],
      ['a', 60_000],
    ]);
    clock.now -= 24 * 60 * 60_000;
    expect(waitOf('a', ADMIN)).toBe(0);
  });

  it('takes no more room when there are many', () => {
    const { lockout, guess } = open();
    for (let n = 0; n < 10_100; n += 1) {
      guess(`guesser ${n}`, 1);
      lockout.judge(`home ${n}`, 'good', ADMIN);
    }
    expect(lockout.sizes()).toEqual({ guessers: 10_000, known: 10_000 });
  });
});

describe('guessing bearer tokens', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await openServer();
  });
  afterEach(() => server.close());
  const guess = (n: number, path = '/workspaces') => server.send('GET', path, { token: `kwa_guess${n}` });
  const beat = (id: string, token: string) =>
    server.send('POST', '/registry/heartbeat', { token, body: { workspace_id: id } });

  it('is answered 429 with how long to wait, and written into the audit; who was heard before goes on', async () => {
    const { id, token } = await server.external('agent');
    const { id: other, token: unheard } = await server.external('other');
    const { id: gone, token: old } = await server.external('gone');
    await beat(id, token);
    await server.send('DELETE', '/workspaces/gone');
    for (let n = 0; n < 10; n += 1) expect((await guess(n)).status).toBe(401);
    const refused = await guess(11);
    expect(refused).toMatchObject({
      status: 429,
      body: { code: 'TOO_MANY_TRIES', hint: expect.stringContaining('Retry-After') },
    });
    expect(refused.headers.get('retry-after')).toBe('60');
    // The administrator and this agent were there before, the other agent was not.
    expect((await server.send('GET', '/workspaces')).status).toBe(200);
    expect((await beat(id, token)).status).toBe(200);
    expect((await beat(other, unheard)).status).toBe(429);
    expect((await beat(gone, old)).status).toBe(410);
    expect((await server.send('GET', '/healthz', { token: null })).status).toBe(200);
    expect((await server.send('GET', '/audit?who=nobody')).body.items).toMatchObject([
      { what: 'lockout.began', from: '127.0.0.1', details: { seconds: 60, tries: 10 } },
    ]);
    server.clock.now += 60_000;
    expect((await beat(other, unheard)).status).toBe(200);
  });

  it.each([
    ['beats', (n: number) => beat('nobody', `kww_guess${n}`)],
    [
      'relays',
      (n: number) =>
        server.send('POST', '/registry/heartbeats', {
          token: `kwr_guess${n}`,
          body: { beats: [{ workspace_id: 'x' }] },
        }),
    ],
    [
      'registering',
      (n: number) => server.send('POST', '/registry/register', { token: `kww_guess${n}`, body: { id: 'x' } }),
    ],
    ['what a workspace may do', (n: number) => guess(n, '/workspaces/x/plugins/lock')],
    ['metrics', (n: number) => guess(n, '/metrics')],
  ])('is noticed by %s too', async (_, tryOne) => {
    for (let n = 0; n < 10; n += 1) expect((await tryOne(n)).status).not.toBe(429);
    expect((await tryOne(10)).body.code).toBe('TOO_MANY_TRIES');
  });

  it('is not what agents do whose workspaces were removed, or whose tokens were replaced', async () => {
    const agents = await Promise.all(Array.from({ length: 12 }, (_, n) => server.external(`agent-${n}`)));
    for (const { id } of agents.slice(0, 6)) await server.send('DELETE', `/workspaces/${id}`);
    for (const { id } of agents.slice(6))
      await server.send('POST', `/workspaces/${id}/token/rotate`, { body: { overlap: '0s' } });
    for (let round = 0; round < 3; round += 1) {
      for (const { id, token } of agents.slice(0, 6)) expect((await beat(id, token)).status).toBe(410);
      for (const { id, token } of agents.slice(6))
        expect((await beat(id, token)).body.code).toBe('TOKEN_EXPIRED');
    }
    expect((await server.send('GET', '/audit?who=nobody')).body.items).toEqual([]);
  });
});
