import { afterEach, describe, expect, it } from 'vitest';
import { openServer, type TestServer } from './support.ts';

const servers: TestServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));
const open = async (rateLimit: number) => {
  const server = await openServer({ rateLimit });
  servers.push(server);
  return server;
};
const statuses = (server: TestServer, times: number, token?: string | null) =>
  Promise.all(
    Array.from({ length: times }, async () => {
      const { status } = await server.send('GET', '/workspaces', token === undefined ? {} : { token });
      return status;
    }),
  );

describe('the limit on requests', () => {
  it('refuses what comes too often with one token, says when to come again, and lets others in', async () => {
    const server = await open(8);
    const viewer = await server.viewer('anna');
    expect(await statuses(server, 7)).toEqual(Array(7).fill(200));
    const refused = await server.send('GET', '/workspaces');
    expect([refused.status, refused.body.code]).toEqual([429, 'TOO_MANY_REQUESTS']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await statuses(server, 3, viewer.token)).toEqual([200, 200, 200]);
  });

  it('counts wrong tokens, whichever they are, for the address that they come from', async () => {
    const server = await open(4);
    const seen: number[] = [];
    for (const token of ['a', 'b', 'c', 'd', 'e']) seen.push(...(await statuses(server, 1, token)));
    expect(seen).toEqual([401, 401, 401, 401, 429]);
    expect(await statuses(server, 1)).toEqual([200]);
  });

  it('does not count beats, and is none with 0', async () => {
    const server = await open(2);
    const { id, token } = await server.external('agent');
    for (let beats = 0; beats < 5; beats += 1) {
      const { status } = await server.send('POST', '/registry/heartbeat', {
        token,
        body: { workspace_id: id },
      });
      expect(status).toBe(200);
    }
    expect(new Set(await statuses(await open(0), 50))).toEqual(new Set([200]));
  });
});
