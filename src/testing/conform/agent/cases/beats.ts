import { setTimeout as pause } from 'node:timers/promises';
import { type Case, expectThat, NotApplicable } from '../../case.ts';
import { type AgentWorld, freshToken, INTERVAL_SECONDS } from '../agent-world.ts';
import { beatReply, type Heard } from '../fake-server.ts';

const LARGEST_BEAT = 16 * 1024;
/** How much sooner than asked a beat may come, and how much later, on a machine that is busy. */
const EARLIEST = 0.6;
const LATEST = 2.2;

const NONSENSE = [0, -5, 'soon', null];
const NONSENSE_FOR_MS = 1_500;
const MOST_BEATS = 3;

const gapsOf = (beats: readonly Heard[]): number[] =>
  beats.slice(1).map((beat, index) => Math.round(beat.at - (beats[index]?.at ?? 0)));

/** Field, whether it may be missing, and what it has to be. */
const FIELDS: [name: string, expected: string, isRight: (value: unknown) => boolean][] = [
  ['error_rate', 'a number from 0 to 1', (value) => typeof value === 'number' && value >= 0 && value <= 1],
  ['sample_error', 'a text', (value) => typeof value === 'string'],
  ['active_tasks', 'a whole number from 0 on', (value) => Number.isInteger(value) && Number(value) >= 0],
  ['current_task', 'a text', (value) => typeof value === 'string'],
  ['uptime_seconds', 'a number from 0 on', (value) => typeof value === 'number' && value >= 0],
  ['runtime_state', 'a text', (value) => typeof value === 'string'],
  ['incarnation', 'a whole number from 1 on', (value) => Number.isInteger(value) && Number(value) >= 1],
  [
    'quiet_for_seconds',
    'a number from 0 to 900',
    (value) => typeof value === 'number' && value >= 0 && value <= 900,
  ],
];

/** How an agent says that it lives. */
export const beatCases: Case<AgentWorld>[] = [
  {
    id: 'beats/first-in-time',
    title: 'The first beat comes soon after the start',
    async run({ start, beatsUntil }) {
      await start();
      await beatsUntil(1);
    },
  },
  {
    id: 'beats/interval-obeyed',
    title: 'Beats come as often as replies ask for',
    async run({ server, start, beatsUntil }) {
      await start();
      await beatsUntil(5, (5 * LATEST + 10) * INTERVAL_SECONDS * 1000);
      const gaps = gapsOf(server.beats());
      const average = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length / 1000;
      const isRight = gaps.every((gap) => gap >= EARLIEST * 1000) && average <= LATEST;
      expectThat(isRight, `${INTERVAL_SECONDS} s between beats`, `gaps of ${gaps.join(', ')} ms`);
    },
  },
  {
    id: 'beats/changed-interval-obeyed',
    title: 'An interval that changes is obeyed from the next reply on',
    async run({ server, start, beatsUntil }) {
      await start();
      await beatsUntil(1);
      server.interval(3);
      const slow = server.beats().length;
      await beatsUntil(slow + 2);
      server.interval(INTERVAL_SECONDS);
      await beatsUntil(slow + 5);
      const gaps = gapsOf(server.beats());
      // The reply that said 3 s was that to the beat numbered `slow`, counted from 0.
      const [long = 0, , short = 0] = gaps.slice(slow, slow + 3);
      expectThat(
        long >= 3 * EARLIEST * 1000,
        '3 s between beats once replies ask for it',
        `gaps of ${gaps.join(', ')} ms`,
      );
      expectThat(
        short <= 2_500,
        `${INTERVAL_SECONDS} s between beats once replies ask for it again`,
        `gaps of ${gaps.join(', ')} ms`,
      );
    },
  },
  {
    id: 'beats/token-sent',
    title: 'Every request carries the token, as a bearer token and nowhere else',
    async run({ server, token, start, beatsUntil }) {
      await start();
      await beatsUntil(2);
      for (const heard of server.heard) {
        expectThat(
          heard.token === token,
          `authorization: Bearer <KEEPWELL_TOKEN> on ${heard.path}`,
          heard.headers.authorization === undefined ? 'no authorization' : 'something else',
        );
        const isElsewhere = heard.query.includes(token) || heard.text.includes(token);
        expectThat(
          !isElsewhere,
          'the token in the header alone',
          `the token in the address or body of ${heard.path}`,
        );
      }
    },
  },
  {
    id: 'beats/body-valid',
    title:
      'A beat is a JSON object of at most 16 KiB that names its workspace; what it says has the right types',
    async run({ server, workspaceId, start, beatsUntil }) {
      await start();
      await beatsUntil(2);
      for (const { method, headers, text, body } of server.beats()) {
        expectThat(method === 'POST', 'POST /registry/heartbeat', method);
        expectThat(
          /^application\/json\b/.test(headers['content-type'] ?? ''),
          'content-type application/json',
          headers['content-type'] ?? 'none',
        );
        expectThat(body !== null, 'a JSON object', text);
        expectThat(
          Buffer.byteLength(text) <= LARGEST_BEAT,
          'at most 16 KiB',
          `${Buffer.byteLength(text)} bytes`,
        );
        expectThat(
          body.workspace_id === workspaceId,
          'workspace_id as in KEEPWELL_WORKSPACE_ID',
          body.workspace_id,
        );
        for (const [name, expected, isRight] of FIELDS) {
          const value = body[name];
          const isMissing = value === undefined || (value === null && expected === 'a text');
          expectThat(isMissing || isRight(value), `${name}, if it is there, to be ${expected}`, value);
        }
      }
    },
  },
  {
    id: 'beats/uptime-rises',
    title: 'uptime_seconds, where it is told, does not fall while the agent runs',
    async run({ server, start, beatsUntil }) {
      await start();
      await beatsUntil(3);
      const uptimes = server.beats().map(({ body }) => body?.uptime_seconds);
      if (uptimes.some((uptime) => uptime === undefined))
        throw new NotApplicable('It tells no uptime_seconds.');
      const rises = uptimes.every(
        (uptime, index) => index === 0 || Number(uptime) >= Number(uptimes[index - 1]),
      );
      expectThat(rises && Number(uptimes[0]) < 60, 'an uptime that begins near 0 and does not fall', uptimes);
    },
  },
  {
    id: 'beats/unknown-reply-fields-ignored',
    title: 'Fields of a reply that nobody knows are ignored',
    async run({ server, start, beatsUntil, stillRuns }) {
      server.tell(({ path }) =>
        path === '/registry/heartbeat'
          ? {
              body: beatReply({
                moon_phase: 'full',
                advice: { deep: [1, null] },
                workspace_status: 'of-a-newer-server',
              }),
            }
          : undefined,
      );
      await start();
      await beatsUntil(3);
      stillRuns('whatever a reply has in it');
    },
  },
  {
    id: 'beats/nonsense-interval-survived',
    title: 'An interval that is none makes it neither hammer nor end',
    async run({ server, start, until, stillRuns }) {
      const given = new Map<string | null, unknown>(NONSENSE.map((nonsense) => [freshToken(), nonsense]));
      server.tell(({ path, token }) =>
        path === '/registry/heartbeat'
          ? { body: beatReply({ interval_seconds: given.get(token) }) }
          : undefined,
      );
      for (const [token, nonsense] of given) {
        const beats = () => server.beats().filter((beat) => beat.token === token);
        const agent = await start({ token: String(token) });
        await until(
          'a beat',
          () => beats().length > 0,
          () => 'no beat',
        );
        await pause(NONSENSE_FOR_MS);
        const came = beats().length;
        const what = `interval_seconds ${JSON.stringify(nonsense)}`;
        expectThat(came <= MOST_BEATS, `at most ${MOST_BEATS} beats in 1.5 s after ${what}`, `${came} beats`);
        stillRuns(`after ${what}`);
        await agent.kill();
      }
    },
  },
  {
    id: 'start/new-incarnation',
    title: 'Started again, it is the new incarnation: with its token, its number and an uptime from 0',
    async run({ server, start, beatsUntil, beatThat }) {
      const first = await start({ incarnation: 1 });
      await beatsUntil(2);
      await first.kill();
      const token = freshToken();
      await start({ incarnation: 2, token });
      const { body } = await beatThat(
        'a beat with the token of the second incarnation',
        (beat) => beat.token === token,
      );
      const told = body?.incarnation;
      expectThat(told === undefined || told === 2, 'incarnation 2, if it says which it is', told);
      const uptime = Number(body?.uptime_seconds ?? 0);
      expectThat(uptime <= 5, 'an uptime that begins anew', `${uptime} s`);
      const others = server.beats().slice(server.beats().findIndex((beat) => beat.token === token));
      expectThat(
        others.every((beat) => beat.token === token),
        'no more beats with the token of the first',
        others.length,
      );
    },
  },
  {
    id: 'register/says-who-it-is',
    title: 'A register names the workspace, and shows a card that is an object',
    async run({ server, workspaceId, start, beatsUntil }) {
      await start();
      await beatsUntil(2);
      const registers = server.heard.filter(({ path }) => path === '/registry/register');
      if (registers.length === 0) throw new NotApplicable('It does not register, and need not.');
      expectThat(
        registers.length <= 2,
        'one register, or another one',
        `${registers.length} registers with ${server.beats().length} beats`,
      );
      for (const { body } of registers) {
        expectThat(body?.id === workspaceId, 'id as in KEEPWELL_WORKSPACE_ID', body?.id ?? 'none');
        const card = body.agent_card ?? {};
        expectThat(typeof card === 'object' && !Array.isArray(card), 'agent_card to be an object', card);
        const { url = '' } = body;
        expectThat(
          url === null || (typeof url === 'string' && /^(https?:\/\/.*)?$/.test(url)),
          'url to be an http address',
          url,
        );
      }
    },
  },
  {
    id: 'register/failure-does-not-silence',
    title: 'An agent whose register fails beats all the same, and does not hammer',
    async run({ server, start, beatsUntil, stillRuns }) {
      server.tell(({ path }) =>
        path === '/registry/register'
          ? { status: 500, body: { error: 'broken', code: 'INTERNAL', hint: '' } }
          : undefined,
      );
      await start();
      await beatsUntil(3);
      const registers = server.heard.filter(({ path }) => path === '/registry/register').length;
      if (registers === 0) throw new NotApplicable('It does not register, and need not.');
      expectThat(
        registers <= server.beats().length + 2,
        'no more registers than beats',
        `${registers} registers`,
      );
      stillRuns('although it could not register');
    },
  },
];
