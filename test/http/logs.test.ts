import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeepwellError } from '../../src/errors.ts';
import { openEvents } from './event-reader.ts';
import { ADMIN, openServer, type TestServer } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
  await server.external('noisy');
});
afterAll(() => server.close());

const authorization = `Bearer ${ADMIN}`;

describe('the logs of a workspace', () => {
  it('are plain text, the last lines of it', async () => {
    const { status, body, headers } = await server.send('GET', '/workspaces/noisy/logs?tail=2');
    expect([status, body]).toEqual([200, 'two\nthree\n']);
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(headers.get('x-request-id')).toMatch(/./);
  });

  it('may be empty', async () => {
    const { status, body } = await server.send('GET', '/workspaces/noisy/logs?tail=0');
    expect([status, body]).toEqual([200, '']);
  });

  it('are followed until the client goes away', async () => {
    const gone = new AbortController();
    const response = await fetch(`${server.url}/workspaces/noisy/logs?follow=true&tail=3`, {
      headers: { authorization },
      signal: gone.signal,
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('three')) text += (await reader?.read())?.value ?? '';
    expect(text).toBe('one\ntwo\nthree\n');
    gone.abort();
  });

  it('are events when asked for, with what a carriage return parts as lines of one', async () => {
    server.memory.state.logs = ['one', '10%\r20%'];
    const events = await openEvents(`${server.url}/workspaces/noisy/logs`, { authorization });
    expect(await events.nextBlock()).toBe('data: one');
    expect(await events.nextBlock()).toBe('data: 10%\ndata: 20%');
    expect(await events.nextBlock()).toBeNull();
    events.close();
  });

  it('that cannot be read are an error like any other', async () => {
    server.memory.state.failWith = new KeepwellError('STATE_CONFLICT');
    const { status, body } = await server.send('GET', '/workspaces/noisy/logs');
    server.memory.state.failWith = null;
    expect([status, body.code]).toEqual([409, 'STATE_CONFLICT']);
  });

  it('that are followed end when the server closes', async () => {
    const second = await openServer();
    await second.external('noisy');
    const response = await fetch(`${second.url}/workspaces/noisy/logs?follow=true`, {
      headers: { authorization },
    });
    await second.close();
    expect(await response.text()).toBe('one\ntwo\nthree\n');
  });
});
