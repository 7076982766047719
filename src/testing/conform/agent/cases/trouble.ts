import { setTimeout as pause } from 'node:timers/promises';
import { type Case, expectThat } from '../../case.ts';
import { type AgentWorld, freshToken } from '../agent-world.ts';
import { type Heard, refusal, type Told } from '../fake-server.ts';

/** How long a server is in trouble. */
const TROUBLE_MS = 4_000;
/** So many requests in that time are no hammering: a first one, one more a second, and a little chance. */
const MOST_TRIES = 7;
/** An agent that waits ever longer may need so long until it tries again. */
const BACK_WITHIN_MS = 20_000;
const SLOW_ANSWER_MS = 5_000;

const ALIVE = 'when the server is back';

/** Answers every request of an agent alike, and counts them. */
const during = async (
  { server }: AgentWorld,
  answer: (heard: Heard) => Told,
  ms: number,
): Promise<{ tries: number; most: number }> => {
  server.tell(answer);
  const before = server.heard.length;
  await pause(ms);
  return { tries: server.heard.length - before, most: MOST_TRIES };
};

const isNotHammered = (tries: number, most: number, ms: number): void =>
  expectThat(tries <= most, `at most ${most} requests in ${ms / 1000} s`, `${tries} requests`);

/** The server is in trouble for a while, then well again: the agent waits, and is there. */
const survives = (id: string, title: string, answer: (heard: Heard) => Told): Case<AgentWorld> => ({
  id,
  title,
  async run(world) {
    const { server, start, beatsUntil, stillRuns } = world;
    await start();
    await beatsUntil(2);
    const { tries, most } = await during(world, answer, TROUBLE_MS);
    isNotHammered(tries, most, TROUBLE_MS);
    expectThat(tries >= 1, 'it to try at least once', `${tries} requests in ${TROUBLE_MS / 1000} s`);
    stillRuns('while the server is in trouble');
    server.tell(() => undefined);
    await beatsUntil(server.beats().length + 2, BACK_WITHIN_MS);
    stillRuns(ALIVE);
  },
});

/** It is told to end: it does, or is silent from then on. */
const standsDown = (id: string, title: string, answer: Told): Case<AgentWorld> => ({
  id,
  title,
  async run(world) {
    const { start, beatsUntil } = world;
    const agent = await start();
    await beatsUntil(1);
    const { tries } = await during(world, () => answer, TROUBLE_MS);
    const isDown = !agent.isRunning() || tries <= 2;
    const { status } = answer;
    expectThat(
      isDown && tries <= 3,
      `it to end, or to be silent, after ${status}`,
      `${tries} requests in ${TROUBLE_MS / 1000} s, and ${agent.ending() ?? 'it runs on'}`,
    );
  },
});

/** What an agent does about a server that says no, says nonsense, or is not there. */
export const troubleCases: Case<AgentWorld>[] = [
  standsDown(
    'refused/409-stale-stands-down',
    'A replaced agent (409 STALE_INCARNATION) ends or is silent, and does not hammer',
    refusal(409, 'STALE_INCARNATION', 'A newer incarnation of this agent is in charge.'),
  ),
  standsDown(
    'refused/404-unknown-stands-down',
    'An agent of an unknown workspace (404 WORKSPACE_NOT_FOUND) ends or is silent',
    refusal(404, 'WORKSPACE_NOT_FOUND', 'There is no workspace with that id.'),
  ),
  {
    id: 'refused/410-ends',
    title: 'An agent of a removed workspace (410) ends',
    async run({ server, start, beatsUntil, until, patienceMs }) {
      const agent = await start();
      await beatsUntil(1);
      server.tell(() => refusal(410, 'WORKSPACE_REMOVED', 'The workspace was removed.'));
      const before = server.heard.length;
      await until(
        'the agent to end',
        () => !agent.isRunning(),
        () => `it runs, after ${server.heard.length - before} requests answered 410`,
        patienceMs,
      );
      expectThat(
        server.heard.length - before <= 3,
        'at most 3 requests after the first 410',
        `${server.heard.length - before} requests`,
      );
    },
  },
  {
    id: 'refused/401-does-not-hammer',
    title: 'An agent whose token is refused (401) does not hammer, and is heard again once it is accepted',
    async run(world) {
      const { server, start, beatsUntil } = world;
      const agent = await start();
      await beatsUntil(2);
      const answer = refusal(401, 'UNAUTHORIZED', 'No valid token came with the request.');
      const { tries, most } = await during(world, () => answer, TROUBLE_MS);
      isNotHammered(tries, most, TROUBLE_MS);
      if (!agent.isRunning()) return;
      server.tell(() => undefined);
      await beatsUntil(server.beats().length + 1, BACK_WITHIN_MS);
    },
  },
  {
    id: 'refused/401-looks-for-a-new-token',
    title: 'After a 401 it uses the token that is in <configs>/.auth_token by then',
    async run({ server, start, beatsUntil, beatThat, rotateToken }) {
      await start();
      await beatsUntil(1);
      const token = freshToken();
      await rotateToken(token);
      server.tell((heard) =>
        heard.token === token
          ? undefined
          : refusal(401, 'UNAUTHORIZED', 'No valid token came with the request.'),
      );
      await beatThat('a beat with the new token', (beat) => beat.token === token, BACK_WITHIN_MS);
    },
  },
  {
    id: 'refused/429-waits-as-told',
    title: 'After 429 with Retry-After it waits at least so long, and then beats on',
    async run({ server, start, beatsUntil, stillRuns }) {
      const retryAfterSeconds = 4;
      await start();
      await beatsUntil(1);
      const before = server.beats().length;
      server.tell(() =>
        refusal(429, 'TOO_MANY_TRIES', 'Too many requests.', { 'retry-after': String(retryAfterSeconds) }),
      );
      await beatsUntil(before + 1);
      server.tell(() => undefined);
      await beatsUntil(before + 3, BACK_WITHIN_MS);
      const [refused, next] = server.beats().slice(before);
      const waited = Math.round((next?.at ?? 0) - (refused?.at ?? 0));
      // Timers of another language may round down.
      expectThat(
        waited >= retryAfterSeconds * 1000 - 100,
        `${retryAfterSeconds} s until the next beat`,
        `${waited} ms`,
      );
      stillRuns('after a 429');
    },
  },
  survives('trouble/5xx-survived', 'A server that fails (503) is waited for, without hammering', () =>
    refusal(503, 'NOT_READY', 'The supervisor is starting or stopping.'),
  ),
  survives(
    'trouble/hung-up-survived',
    'A server that ends connections is waited for, without hammering',
    () => ({ hangUp: true }),
  ),
  survives(
    'trouble/foreign-pages-survived',
    'A page of something in between (502, HTML) is survived, without hammering',
    () => ({
      status: 502,
      body: '<html><body>Bad Gateway</body></html>',
      headers: { 'content-type': 'text/html' },
    }),
  ),
  {
    id: 'trouble/nonsense-replies-survived',
    title: 'A reply with 200 that is no JSON is survived, without hammering',
    async run(world) {
      const { server, start, beatsUntil, stillRuns } = world;
      await start();
      await beatsUntil(2);
      const { tries, most } = await during(world, () => ({ body: 'not json {' }), TROUBLE_MS);
      isNotHammered(tries, most, TROUBLE_MS);
      stillRuns('although a reply was nonsense');
      expectThat(
        server.heard.every(({ method }) => method !== ''),
        'requests',
        server.heard.length,
      );
    },
  },
  {
    id: 'trouble/absence-survived',
    title: 'A server that is not there is waited for; the agent works on, and beats when it is back',
    async run({ server, start, beatsUntil, stillRuns }) {
      await start();
      await beatsUntil(2);
      await server.leave();
      await pause(TROUBLE_MS);
      stillRuns('while the server is not there');
      await server.comeBack();
      await beatsUntil(server.beats().length + 2, BACK_WITHIN_MS);
      stillRuns(ALIVE);
    },
  },
  {
    id: 'trouble/absent-at-the-start',
    title: 'An agent that is started before its server waits for it',
    async run({ server, start, beatsUntil, stillRuns }) {
      await server.leave();
      await start();
      await pause(3_000);
      stillRuns('while the server is not there');
      await server.comeBack();
      await beatsUntil(1, BACK_WITHIN_MS);
    },
  },
  {
    id: 'trouble/slow-answers-do-not-pile-up',
    title: 'While an answer is slow no more than one further beat is sent',
    async run({ server, start, beatsUntil, stillRuns }) {
      await start();
      await beatsUntil(1);
      let [open, most] = [0, 0];
      server.tell(({ path }) => {
        if (path !== '/registry/heartbeat') return undefined;
        open += 1;
        most = Math.max(most, open);
        setTimeout(() => {
          open -= 1;
        }, SLOW_ANSWER_MS);
        return { status: 503, body: { error: 'late', code: 'NOT_READY', hint: '' }, afterMs: SLOW_ANSWER_MS };
      });
      await pause(SLOW_ANSWER_MS);
      expectThat(most <= 2, 'at most 2 beats at a time', `${most} beats at a time`);
      stillRuns('while answers are slow');
    },
  },
  {
    id: 'end/sigterm-ends-it',
    title: 'SIGTERM ends it in time',
    async run({ start, beatsUntil, until, patienceMs }) {
      const agent = await start();
      await beatsUntil(1);
      agent.signal('SIGTERM');
      await until(
        'the agent to end after SIGTERM',
        () => !agent.isRunning(),
        () => 'it runs on',
        patienceMs,
      );
    },
  },
  {
    id: 'end/sigterm-while-the-server-is-away',
    title: 'SIGTERM ends it in time although its server is not there',
    async run({ server, start, beatsUntil, until, patienceMs }) {
      const agent = await start();
      await beatsUntil(1);
      await server.leave();
      await pause(1_500);
      agent.signal('SIGTERM');
      await until(
        'the agent to end after SIGTERM',
        () => !agent.isRunning(),
        () => 'it runs on',
        patienceMs,
      );
    },
  },
];
