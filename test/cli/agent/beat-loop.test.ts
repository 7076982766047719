import { describe, expect, it } from 'vitest';
import { runBeatLoop } from '../../../src/cli/agent/beat-loop.ts';
import type { Answer } from '../../../src/cli/agent/registry-client.ts';

const accepted = (status = 'online', seconds = 30): Answer => ({
  kind: 'accepted',
  body: { workspace_status: status, interval_seconds: seconds },
});
const refused = (retryAfterMs: number | null = null, problem = 'ECONNREFUSED'): Answer => ({
  kind: 'refused',
  problem,
  retryAfterMs,
  final: false,
});

/** Plays the answers one after the other, without waiting, and tells what the loop did. */
const play = async (answers: Answer[]) => {
  const over = new AbortController();
  const waits: number[] = [];
  const heards: boolean[] = [];
  const lines: string[] = [];
  const statuses: string[] = [];
  const pending: unknown[] = [];
  let sent = 0;
  const dismissal = await runBeatLoop(
    {
      beat: async (heard) => {
        heards.push(heard);
        const answer = answers[sent];
        sent += 1;
        if (sent >= answers.length && answer?.kind !== 'dismissed') queueMicrotask(() => over.abort());
        return answer ?? accepted();
      },
      sleep: async (ms) => {
        waits.push(ms);
      },
      roll: () => 0.5,
      log: (line) => lines.push(line),
      onStatus: (status) => statuses.push(status),
      onPluginsPending: (generation) => pending.push(generation),
      minBackoffMs: 1_000,
      maxBackoffMs: 30_000,
      restingEveryMs: 60_000,
    },
    over.signal,
  );
  return { dismissal, waits, heards, lines, statuses, pending, sent };
};

describe('the beat loop', () => {
  it('passes on that plugins are to be fetched, as often as it is said', async () => {
    const waiting: Answer = { kind: 'accepted', body: { plugins_pending: true, plugins_generation: 4 } };
    const { pending } = await play([accepted(), waiting, waiting, accepted()]);
    expect(pending).toEqual([4, 4]);
  });

  it('beats before it waits, and then as often as the last reply asked', async () => {
    const { waits, sent } = await play([accepted('online', 30), accepted('online', 10), accepted()]);
    expect(waits).toEqual([30_000, 10_000]);
    expect(sent).toBe(3);
  });

  it('slows down while the server is away and is back at once when it answers', async () => {
    const { waits } = await play([refused(), refused(), refused(), accepted(), refused(), accepted()]);
    expect(waits).toEqual([1_500, 2_500, 4_500, 30_000, 1_500]);
  });

  it('honours Retry-After', async () => {
    const { waits } = await play([refused(20_000, '429'), accepted()]);
    expect(waits).toEqual([21_000]);
  });

  it('says once that the server is away and once that it is back', async () => {
    const { lines } = await play([accepted(), refused(), refused(), refused(), accepted(), accepted()]);
    expect(lines.filter((line) => line.includes('failed ('))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('answers again'))).toHaveLength(1);
  });

  it('beats seldom while the workspace is paused, and as asked again afterwards', async () => {
    const { waits, statuses } = await play([
      accepted('paused', 30),
      accepted('paused', 30),
      accepted('online', 30),
      accepted(),
    ]);
    expect(waits).toEqual([60_000, 60_000, 30_000]);
    expect(statuses).toEqual(['paused', 'online']);
  });

  it('ends with the reason when the server dismisses the agent', async () => {
    const { dismissal, sent } = await play([accepted(), { kind: 'dismissed', why: 'replaced' }, accepted()]);
    expect(dismissal).toBe('replaced');
    expect(sent).toBe(2);
  });

  it('ends without a reason when it is told to', async () => {
    expect((await play([accepted(), accepted()])).dismissal).toBeNull();
  });
});
