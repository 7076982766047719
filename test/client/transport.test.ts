import { describe, expect, it } from 'vitest';
import { createClient, KeepwellApiError } from '../../src/client/index.ts';

type Step = Response | Error | 'hangs';

const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
  Response.json({ error: 'No.', code, hint: 'Later.' }, { status, headers });
const fine = () => Response.json({ items: [], next_cursor: null });

/** A client whose requests are answered by these, one after the other. */
const scripted = (
  steps: Step[],
  options: { retries?: number; timeoutMs?: number; signal?: AbortSignal } = {},
) => {
  const asked: string[] = [];
  const answer: typeof fetch = async (_input, init) => {
    asked.push(init?.method ?? 'GET');
    const step = steps[asked.length - 1];
    if (step instanceof Response) return step;
    if (step instanceof Error) throw step;
    return new Promise((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
    });
  };
  return { asked, client: createClient({ url: 'http://here/', token: 't', fetch: answer, ...options }) };
};

describe('a request of the client', () => {
  it('is made again when it only reads and the connection was lost, and tells that in the end', async () => {
    const lost = new TypeError('fetch failed');
    const once = scripted([lost, fine()]);
    expect((await once.client.workspaces.list()).items).toEqual([]);
    expect(once.asked).toEqual(['GET', 'GET']);
    const never = scripted([lost, lost, lost]);
    await expect(never.client.workspaces.list()).rejects.toMatchObject({ status: 0, code: 'UNREACHABLE' });
    expect(never.asked.length).toBe(3);
  });

  it('is not made again when it may have changed something', async () => {
    for (const step of [
      new TypeError('fetch failed'),
      problem(503, 'STORE_UNWRITABLE'),
      problem(500, 'INTERNAL'),
    ]) {
      const { client, asked } = scripted([step, fine()]);
      await expect(client.workspaces.restart('a')).rejects.toThrow(KeepwellApiError);
      expect(asked).toEqual(['POST']);
    }
  });

  it('is made again, after the time that was asked for, when it was refused before anything was done', async () => {
    const { client, asked } = scripted([
      problem(429, 'TOO_MANY_REQUESTS', { 'retry-after': '0' }),
      problem(503, 'NOT_READY', { 'retry-after': '0' }),
      fine(),
    ]);
    await client.workspaces.restart('a');
    expect(asked).toEqual(['POST', 'POST', 'POST']);
  });

  it('does not wait for longer than half a minute, and not at all with retries off', async () => {
    const long = scripted([problem(429, 'TOO_MANY_TRIES', { 'retry-after': '60' }), fine()]);
    await expect(long.client.workspaces.list()).rejects.toMatchObject({ status: 429, retryAfterMs: 60_000 });
    const off = scripted([problem(503, 'NOT_READY', { 'retry-after': '0' }), fine()], { retries: 0 });
    await expect(off.client.workspaces.list()).rejects.toMatchObject({ code: 'NOT_READY', hint: 'Later.' });
    expect([long.asked.length, off.asked.length]).toEqual([1, 1]);
  });

  it('ends with the reason of whichever signal aborts it', async () => {
    const everything = new AbortController();
    const { client } = scripted(['hangs', 'hangs'], { signal: everything.signal });
    const one = new AbortController();
    const both = [client.workspaces.list({}, { signal: one.signal }), client.workspaces.list()];
    one.abort(new Error('enough of this'));
    everything.abort(new Error('enough of all'));
    expect((await Promise.allSettled(both)).map((each) => 'reason' in each && each.reason.message)).toEqual([
      'enough of this',
      'enough of all',
    ]);
  });

  it('is given up when no answer comes in time', async () => {
    const { client } = scripted(['hangs'], { retries: 0, timeoutMs: 20 });
    await expect(client.workspaces.list()).rejects.toMatchObject({ status: 0, code: 'TIMED_OUT' });
  });

  it('knows an answer that is not of Keepwell', async () => {
    const { client } = scripted([
      new Response('<html>', { status: 404 }),
      new Response('<html>', { status: 200 }),
    ]);
    await expect(client.workspaces.list()).rejects.toMatchObject({ status: 404, code: 'NOT_KEEPWELL' });
    await expect(client.workspaces.list()).rejects.toMatchObject({ status: 200, code: 'NOT_KEEPWELL' });
  });
});
