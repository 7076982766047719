import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRelay } from '../../../src/cli/agent/relay.ts';
import { createRequester } from '../../../src/cli/agent/requester.ts';
import { openTokenSource } from '../../../src/cli/agent/token-source.ts';
import {
  beatReply,
  openRegistryServer,
  type RegistryServer,
  refusal,
  type SeenRequest,
} from './registry-server.ts';

let server: RegistryServer;
let relay: ReturnType<typeof createRelay>;
const never = new AbortController().signal;

beforeEach(async () => {
  server = await openRegistryServer();
  const tokens = await openTokenSource({ token: 'kwr_x', file: '', log: () => {} });
  relay = createRelay({
    request: createRequester({ url: server.url, tokens, fetch }),
    timeoutMs: 1_000,
    limits: { minMs: 100, maxMs: 400 },
    roll: () => 0.5,
    clock: () => performance.now(),
    log: () => {},
  });
});
afterEach(() => server.close());

const beatsOf = ({ body }: SeenRequest) => body.beats as { workspace_id: string }[];
/** Answers each beat by itself: with 200, or with what is said of its workspace. */
const answerEach = (others: Record<string, { status: number; code: string }> = {}) => {
  server.told.heartbeat = (request) => ({
    body: {
      results: beatsOf(request).map(({ workspace_id }) => {
        const other = others[workspace_id];
        return other === undefined
          ? { workspace_id, code: 200, answer: beatReply().body }
          : { workspace_id, code: other.status, problem: { error: 'no', code: other.code } };
      }),
    },
  });
};
const beat = (...ids: string[]) => Promise.all(ids.map((id) => relay.beat({ workspace_id: id }, never)));

describe('a relay', () => {
  it('hands on the beats that come together in one request, with its own token', async () => {
    answerEach();
    const answers = await beat('a', 'b', 'c');
    expect(answers.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(server.seen).toMatchObject([
      { path: '/registry/heartbeats', token: 'kwr_x', body: { beats: [{ workspace_id: 'a' }, {}, {}] } },
    ]);
  });

  it('sends no more than 1,000 beats in one request', async () => {
    answerEach();
    const answers = await beat(...Array.from({ length: 1_001 }, (_, n) => `w${n}`));
    expect(answers.every(({ kind }) => kind === 'accepted')).toBe(true);
    expect(server.seen.map((request) => beatsOf(request).length)).toEqual([1_000, 1]);
  });

  it('ends only the agent that the server wants no more', async () => {
    answerEach({
      old: { status: 409, code: 'STALE_INCARNATION' },
      gone: { status: 410, code: 'WORKSPACE_REMOVED' },
      none: { status: 404, code: 'WORKSPACE_NOT_FOUND' },
      hasty: { status: 429, code: 'TOO_MANY_BEATS' },
      odd: { status: 401, code: 'UNAUTHORIZED' },
    });
    expect(await beat('old', 'fine', 'gone', 'none', 'hasty', 'odd')).toMatchObject([
      { kind: 'dismissed', why: 'replaced' },
      { kind: 'accepted' },
      { kind: 'dismissed', why: 'removed' },
      { kind: 'dismissed', why: 'unknown' },
      { kind: 'refused', retryAfterMs: 150 },
      { kind: 'refused', retryAfterMs: 150 },
    ]);
    // The one that is refused waits longer each time, and holds nobody else up.
    expect(await beat('hasty', 'fine')).toMatchObject([{ retryAfterMs: 250 }, { kind: 'accepted' }]);
  });

  it.each([
    ['says that it is too much', refusal(429, 'TOO_MANY_REQUESTS', { 'retry-after': '1' }), 1_000],
    ['is ill', refusal(503, 'NOT_READY'), 150],
    ['is something else, also where that says that nothing is there', refusal(410, 'GONE'), 150],
    ['does not answer each beat', { body: { results: [] } }, 150],
  ])('lets all wait, and ends nobody, when the server %s', async (_, reply, waitMs) => {
    server.told.heartbeat = () => reply;
    const answers = await beat('a', 'b');
    expect(answers).toMatchObject([{ kind: 'refused' }, { kind: 'refused' }]);
    const at = performance.now();
    answerEach();
    expect(await beat('a', 'b')).toMatchObject([{ kind: 'accepted' }, { kind: 'accepted' }]);
    expect(performance.now() - at).toBeGreaterThan(waitMs - 20);
    expect(server.seen).toHaveLength(2);
  });

  it('forgets the beat of an agent that ended before it was sent', async () => {
    answerEach();
    const over = new AbortController();
    const ended = relay.beat({ workspace_id: 'ended' }, over.signal);
    const other = beat('other');
    over.abort();
    expect(await ended).toMatchObject({ kind: 'refused' });
    await other;
    expect(server.seen.map(beatsOf)).toEqual([[{ workspace_id: 'other' }]]);
  });
});
