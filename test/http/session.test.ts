import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openEvents } from './event-reader.ts';
import { ADMIN, openServer, type TestServer } from './support.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let server: TestServer;
beforeEach(async () => {
  server = await openServer();
});
afterEach(() => server.close());

type Headers = Record<string, string>;
const signIn = (token: string, headers: Headers = {}) =>
  server.send('POST', '/session', { token: null, body: { token }, headers });
/** Signs in and gives the cookie as a browser would send it. */
const cookieOf = async (token: string, headers: Headers = {}): Promise<string> => {
  const { status, headers: answered } = await signIn(token, headers);
  expect(status).toBe(200);
  return answered.getSetCookie()[0]?.split(';')[0] ?? '';
};
const browse = (method: string, path: string, cookie: string, headers: Headers = {}, body?: unknown) =>
  server.send(method, path, { token: null, headers: { cookie, ...headers }, body });
const OWN_PAGE = { 'sec-fetch-site': 'same-origin' };

describe('signing in', () => {
  it('with the admin token gives a session of 30 days that opens what that token opens', async () => {
    const { status, body } = await signIn(ADMIN);
    expect(status).toBe(200);
    expect(body).toEqual({ role: 'admin', name: null, expires_at: '2026-02-01T03:04:05.000Z' });
    const cookie = await cookieOf(ADMIN);
    expect((await browse('GET', '/session', cookie)).body).toEqual(body);
    expect((await browse('GET', '/secrets', cookie)).status).toBe(200);
  });

  it('with a viewer token gives a session with its name that opens what a viewer may see', async () => {
    const { token } = await server.viewer('anna');
    const cookie = await cookieOf(` ${token}\n`);
    expect((await browse('GET', '/session', cookie)).body).toMatchObject({ role: 'viewer', name: 'anna' });
    expect((await browse('GET', '/workspaces', cookie)).status).toBe(200);
    expect((await browse('GET', '/secrets', cookie)).status).toBe(403);
  });

  it('is refused with a wrong token and with that of a workspace, and sets no cookie', async () => {
    const agent = await server.external('agent');
    for (const token of ['wrong', `${ADMIN}x`, agent.token]) {
      const { status, body, headers } = await signIn(token);
      expect([status, body.code, headers.getSetCookie()]).toEqual([401, 'UNAUTHORIZED', []]);
    }
  });

  it('sets a cookie that no script can read and no other site can use', async () => {
    const flags = async (headers: Headers = {}) => {
      const [cookie = ''] = (await signIn(ADMIN, headers)).headers.getSetCookie();
      return cookie.split('; ').slice(1).toSorted();
    };
    const plain = ['HttpOnly', 'Max-Age=2592000', 'Path=/', 'SameSite=Strict'];
    expect(await flags()).toEqual(plain);
    expect(await flags({ 'x-forwarded-proto': 'https' })).toEqual([...plain, 'Secure']);
    const origin = new URL(server.url).host;
    expect(await flags({ origin: `https://${origin}` })).toEqual([...plain, 'Secure']);
  });

  it('from the page of another site is refused', async () => {
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://elsewhere.example' }]) {
      const { status, body } = await signIn(ADMIN, headers);
      expect([status, body.code]).toEqual([403, 'CROSS_ORIGIN']);
    }
  });
});

describe('a session', () => {
  it('is asked for with 401 when there is none', async () => {
    expect((await browse('GET', '/session', 'other=1')).status).toBe(401);
  });

  it('is none once its cookie was tampered with', async () => {
    const { token } = await server.viewer('anna');
    const cookie = await cookieOf(token);
    const [name, value = ''] = cookie.split(/=(.*)/s);
    const [text = '', signature = ''] = decodeURIComponent(value).split(/\.(?=[^.]+$)/);
    expect((await browse('GET', '/session', cookie)).status).toBe(200);
    const admin = text.replace(/^viewer\.[^.]*/, 'admin.');
    const later = text.replace(/\d+$/, (until) => String(Number(until) + DAY));
    for (const forged of [
      `${admin}.${signature}`,
      `${later}.${signature}`,
      `${text}.${signature.slice(0, -1)}`,
      text,
      admin,
      `${text}.`,
      '',
      '.',
    ]) {
      const { status } = await browse('GET', '/session', `${name}=${encodeURIComponent(forged)}`);
      expect([forged, status]).toEqual([forged, 401]);
    }
  });

  it('is over after 30 days', async () => {
    const cookie = await cookieOf(ADMIN);
    server.clock.now += 30 * DAY - 1;
    expect((await browse('GET', '/session', cookie)).status).toBe(200);
    server.clock.now += 1;
    expect((await browse('GET', '/session', cookie)).status).toBe(401);
  });

  it('is over at once when its viewer token is revoked', async () => {
    const { id, token } = await server.viewer('anna');
    const cookie = await cookieOf(token);
    expect((await browse('GET', '/workspaces', cookie)).status).toBe(200);
    expect((await server.send('DELETE', `/tokens/${id}`)).status).toBe(204);
    expect((await browse('GET', '/workspaces', cookie)).status).toBe(401);
    expect((await browse('GET', '/session', cookie)).status).toBe(401);
  });

  it('survives a restart of the server, and dies with the key that signs it', async () => {
    const cookie = await cookieOf(ADMIN);
    for (const [key, expected] of [
      ['k', 200],
      ['another', 401],
    ] as const) {
      const second = await openServer({ sessionKey: Buffer.alloc(32, key) });
      try {
        const { status } = await second.send('GET', '/session', { token: null, headers: { cookie } });
        expect([key, status]).toEqual([key, expected]);
      } finally {
        await second.close();
      }
    }
  });

  it('is ended by signing out, as often as one likes', async () => {
    const cookie = await cookieOf(ADMIN);
    for (const headers of [{ cookie, ...OWN_PAGE }, {}]) {
      const { status, headers: answered } = await server.send('DELETE', '/session', { token: null, headers });
      expect(status).toBe(204);
      expect(answered.getSetCookie()[0]).toMatch(/^keepwell_session=; .*Expires=Thu, 01 Jan 1970/);
    }
  });

  it('gives way to a bearer token', async () => {
    const cookie = await cookieOf(ADMIN);
    const { token } = await server.viewer('anna');
    const { body } = await server.send('GET', '/session', { token, headers: { cookie } });
    expect(body).toEqual({ role: 'viewer', name: 'anna', expires_at: null });
    expect((await server.send('GET', '/session', { token: 'wrong', headers: { cookie } })).status).toBe(401);
  });

  it('is good beside what a proxy asks for', async () => {
    const cookie = await cookieOf(ADMIN);
    expect((await browse('GET', '/session', cookie, { authorization: 'Basic dTpw' })).status).toBe(200);
  });

  it('does not speak for an agent', async () => {
    const { id } = await server.external('agent');
    const cookie = await cookieOf(ADMIN);
    const beat = { workspace_id: id, error_rate: 0 };
    expect((await browse('POST', '/registry/heartbeat', cookie, OWN_PAGE, beat)).status).toBe(401);
  });
});

describe('a change that comes with a session', () => {
  const change = async (headers: Headers, cookie?: string) => {
    const sent = cookie ?? (await cookieOf(ADMIN));
    const { status, body } = await browse('POST', '/workspaces/agent/restart', sent, headers);
    return [status, body.code];
  };
  beforeEach(() => server.external('agent'));

  it('is accepted from a page of this server', async () => {
    const { origin } = new URL(server.url);
    expect((await change(OWN_PAGE))[0]).toBe(202);
    expect((await change({ origin }))[0]).toBe(202);
  });

  it('is refused from anywhere else, and when nobody says from where', async () => {
    const refused = [403, 'CROSS_ORIGIN'];
    const before = server.memory.snapshot();
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'cross-site', origin: new URL(server.url).origin },
      { origin: 'http://elsewhere.example' },
      { origin: 'http://127.0.0.1:1' },
      { origin: 'null' },
      {},
    ] as Headers[]) {
      expect([headers, await change(headers)]).toEqual([headers, refused]);
    }
    expect(server.memory.snapshot()).toBe(before);
  });

  it('is refused for every route and method that changes something', async () => {
    const cookie = await cookieOf(ADMIN);
    for (const { method, url, auth } of server.routes) {
      if (method === 'GET' || method === 'HEAD' || url === '/registry/heartbeat') continue;
      const { body } = await browse(method, url.replaceAll(/:\w+/g, 'agent'), cookie);
      expect([method, url, auth, body.code]).toEqual([method, url, auth, 'CROSS_ORIGIN']);
    }
  });

  it('is not asked where it is from when it brings a bearer token', async () => {
    const cookie = await cookieOf(ADMIN);
    const headers = { 'sec-fetch-site': 'cross-site', cookie };
    expect((await server.send('POST', '/workspaces/agent/restart', { headers })).status).toBe(202);
  });

  it('may read from anywhere: what is read stays with the browser', async () => {
    const cookie = await cookieOf(ADMIN);
    const { status, headers } = await browse('GET', '/workspaces', cookie, {
      origin: 'http://elsewhere.example',
    });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, null]);
  });
});

describe('guessing tokens', () => {
  const guess = async (token = 'wrong') => {
    const { status, body, headers } = await signIn(token);
    return { status, code: body.code, wait: headers.get('retry-after') };
  };

  it('is refused after ten wrong ones, the right one included, until a minute is over', async () => {
    for (let count = 0; count < 10; count += 1) expect(await guess()).toMatchObject({ status: 401 });
    server.clock.now += 15_000;
    const slowed = { status: 429, code: 'TOO_MANY_TRIES', wait: '45' };
    expect(await guess()).toEqual(slowed);
    expect(await guess(ADMIN)).toEqual(slowed);
    server.clock.now += 45_000;
    expect(await guess(ADMIN)).toMatchObject({ status: 200 });
  });

  it('is forgotten by whoever knows a token after all', async () => {
    for (let count = 0; count < 9; count += 1) await guess();
    expect((await guess(ADMIN)).status).toBe(200);
    for (let count = 0; count < 9; count += 1) expect((await guess()).status).toBe(401);
  });

  it('does not hold up those who are signed in', async () => {
    const cookie = await cookieOf(ADMIN);
    for (let count = 0; count < 11; count += 1) await guess();
    expect((await browse('GET', '/session', cookie)).status).toBe(200);
  });
});

describe('a stream that was opened with a session', () => {
  it('goes on while the session does, and ends with it', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const { id, token } = await server.viewer('anna');
      const cookie = await cookieOf(token);
      const events = await openEvents(`${server.url}/events`, { cookie });
      expect(events.response.status).toBe(200);
      expect(events.response.headers.get('x-content-type-options')).toBe('nosniff');
      const { id: workspace } = await server.external('agent');
      vi.advanceTimersByTime(15_000);
      expect((await events.next())?.row.workspace_id).toBe(workspace);
      await server.send('DELETE', `/tokens/${id}`);
      vi.advanceTimersByTime(15_000);
      expect(await events.next()).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });
});
