import { createWebSocketReceiver } from '@statelyai/inspect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ADMIN, openServer, type TestServer } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer({ inspect: true });
});
afterAll(() => server.close());

const addressOf = ({ url }: TestServer, query: string) => `${url.replace('http', 'ws')}/inspect?${query}`;

/** How a WebSocket that is refused was answered. */
const refusal = (address: string, headers: Record<string, string> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(address, { headers });
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('open', () => reject(new Error('it was let in')));
    socket.on('error', () => undefined);
  });

const viewerToken = async (name: string): Promise<string> =>
  (await server.send('POST', '/tokens', { body: { name, role: 'viewer' } })).body.token;

describe('the endpoint for Stately Inspector', () => {
  it('introduces every workspace with its machine, then tells what it hears and what it is like', async () => {
    const { id } = await server.external('seen');
    const token = await viewerToken('stately');
    const receiver = createWebSocketReceiver({ server: addressOf(server, `token=${token}`) });
    const messages: { type: string; sessionId: string; [key: string]: unknown }[] = [];
    receiver.subscribe((message) => void messages.push(message as never));
    const until = async (type: string) => {
      await expect.poll(() => messages.some((one) => one.type === type && one.sessionId === id)).toBe(true);
      return messages.find((one) => one.type === type && one.sessionId === id);
    };
    expect(await until('@xstate.actor')).toMatchObject({
      name: 'seen',
      rootId: id,
      definition: '{"id":"workspace"}',
      _version: expect.any(String),
    });
    server.memory.note(id, 'agent.registered', 'wanted.online.converged');
    expect(await until('@xstate.event')).toMatchObject({ event: { type: 'agent.registered' } });
    expect(await until('@xstate.snapshot')).toMatchObject({ snapshot: { status: 'active' } });
  });

  it('tells of one workspace alone when asked', async () => {
    const { id } = await server.external('alone');
    await server.external('others');
    const socket = new WebSocket(addressOf(server, 'workspace=alone'), {
      headers: { authorization: `Bearer ${ADMIN}` },
    });
    const first = await new Promise<string>((resolve) =>
      socket.once('message', (data: Buffer) => resolve(data.toString())),
    );
    expect(JSON.parse(first)).toMatchObject({ type: '@xstate.actor', sessionId: id });
    socket.close();
  });

  it.each([
    ['nobody', '', 401],
    ['a wrong token', 'token=kwv_wrong', 401],
    ['the admin token in an address, where it would be logged', `token=${ADMIN}`, 403],
  ])('refuses %s', async (_, query, status) => {
    expect(await refusal(addressOf(server, query))).toBe(status);
  });

  it('does not take a cookie, which any page would bring along', async () => {
    const response = await fetch(`${server.url}/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: ADMIN }),
    });
    const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(cookie).not.toBe('');
    expect(await refusal(addressOf(server, ''), { cookie })).toBe(401);
  });

  it('is not there unless it is switched on', async () => {
    const plain = await openServer();
    expect(await refusal(addressOf(plain, ''), { authorization: `Bearer ${ADMIN}` })).toBe(404);
    await plain.close();
  });
});
