import { setTimeout as delay } from 'node:timers/promises';
import { describeFailure } from './describe-failure.ts';
import { parseInterval, retryDelayMs } from './pace.ts';
import { type Answer, judge, type RegistryClient, type Reply, readReply } from './registry-client.ts';
import type { Requester } from './requester.ts';

/** As many as the server takes in one request. */
const MOST_BEATS = 1_000;
/** How long the first beat of a request waits for the others, as a part of the interval. */
const GATHERS_FOR = 0.1;
const FIRST_GATHER_MS = 100;

type Joined = { body: Record<string, unknown>; answer: (answer: Answer) => void };
type Limits = { minMs: number; maxMs: number };

/**
 * Hands on the beats of many agents together, and gives each its own answer.
 *
 * Agents beat in step by it: they are answered at the same moment, and the first one of the next round waits for the
 * others. A server that is away or unwilling is left alone by all of them for a while that doubles; a beat that alone
 * is refused holds nobody else up.
 *
 * @param options.timeoutMs How long one request may take.
 */
export const createRelay = (options: {
  request: Requester;
  timeoutMs: number;
  limits: Limits;
  roll: () => number;
  clock: () => number;
  log: (line: string) => void;
}): Pick<RegistryClient, 'beat'> => {
  const { request, timeoutMs, limits, roll, clock, log } = options;
  const refusedInARow = new Map<unknown, number>();
  let waiting: Joined[] = [];
  let isGathering = false;
  let gatherMs = FIRST_GATHER_MS;
  let failures = 0;
  /** Before that nothing is sent. */
  let closedUntil = 0;

  const gather = async (): Promise<void> => {
    await delay(Math.max(gatherMs * (0.5 + roll()), closedUntil - clock()), undefined, { ref: false });
    const round = waiting;
    waiting = [];
    isGathering = false;
    for (let at = 0; at < round.length; at += MOST_BEATS) await send(round.slice(at, at + MOST_BEATS));
  };

  const send = async (round: readonly Joined[]): Promise<void> => {
    const whole = await post(round.map(({ body }) => body));
    if (whole.kind === 'refused') {
      failures += 1;
      const retryAfterMs = retryDelayMs(failures, limits, whole.retryAfterMs, roll());
      closedUntil = clock() + retryAfterMs;
      if (failures === 1) log(`${round.length} beats failed (${whole.problem}); trying on`);
      for (const { answer } of round) answer({ ...whole, retryAfterMs });
      return;
    }
    if (failures > 0) log(`the server answers again, after ${failures} failed request(s)`);
    failures = 0;
    round.forEach(({ body, answer }, index) =>
      answer(answerOf(body.workspace_id, whole.results[index] as Result)),
    );
  };

  const post = async (beats: unknown[]): Promise<Whole> => {
    try {
      const never = new AbortController().signal;
      const message = { method: 'POST', path: '/registry/heartbeats', body: { beats }, timeoutMs } as const;
      return wholeOf(await request(message, readReply, never), beats.length);
    } catch (error) {
      return refused(describeFailure(error));
    }
  };

  const answerOf = (workspaceId: unknown, { code, answer, problem }: Result): Answer => {
    const answered = judge({ status: code, headers: new Headers(), body: answer ?? problem ?? {} });
    if (answered.kind === 'accepted') {
      gatherMs = parseInterval(answered.body.interval_seconds) * GATHERS_FOR;
      refusedInARow.delete(workspaceId);
    }
    if (answered.kind !== 'refused') return answered;
    const inARow = (refusedInARow.get(workspaceId) ?? 0) + 1;
    refusedInARow.set(workspaceId, inARow);
    return { ...answered, retryAfterMs: retryDelayMs(inARow, limits, null, roll()) };
  };

  return {
    beat: (body, signal) =>
      new Promise((resolve) => {
        const joined = { body, answer: resolve };
        waiting.push(joined);
        signal.addEventListener(
          'abort',
          () => {
            waiting = waiting.filter((each) => each !== joined);
            resolve(refused('it ended'));
          },
          { once: true },
        );
        if (isGathering) return;
        isGathering = true;
        void gather();
      }),
  };
};

type Result = { code: number; answer?: Record<string, unknown>; problem?: Record<string, unknown> };
type Refused = Extract<Answer, { kind: 'refused' }>;
type Whole = Refused | { kind: 'taken'; results: Result[] };

const refused = (problem: string): Refused => ({
  kind: 'refused',
  problem,
  retryAfterMs: null,
  final: false,
});

/** What a whole request is answered with ends no agent: only the answer to its own beat does. */
const wholeOf = (reply: Reply, count: number): Whole => {
  const answer = judge(reply);
  if (answer.kind === 'refused') return answer;
  const { results } = reply.body as { results?: Result[] };
  const isComplete = answer.kind === 'accepted' && Array.isArray(results) && results.length === count;
  return isComplete ? { kind: 'taken', results } : refused(`${reply.status}, which is no answer to beats`);
};
