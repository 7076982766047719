import { type Case, expectThat } from '../../case.ts';
import { field, told } from '../http.ts';
import { eventually, expectField, expectStatus, pause } from '../played.ts';
import type { Owned, ServerWorld } from '../world.ts';

const STILL_FOR_MS = 900;
const BEAT_EVERY_MS = 120;

type Way = {
  id: string;
  title: string;
  policy?: object;
  leave?(agent: Owned): Promise<unknown>;
  enter?(agent: Owned): Promise<unknown>;
};

const online = async (agent: Owned): Promise<void> => {
  await agent.becomes();
  await agent.goesOnline();
};

const did = async (agent: Owned, verb: string): Promise<void> =>
  expectStatus(await agent.act(verb), `POST …/${verb}`, [200, 202]);

const WAYS: Way[] = [
  { id: 'first-beat', title: 'by its first beat' },
  { id: 'register-first', title: 'by registering before it beats', enter: async (agent) => agent.register() },
  {
    id: 'recovery-from-degraded',
    title: 'by recovering from degraded',
    async leave(agent) {
      await online(agent);
      await agent.beat({ error_rate: 0.9 });
      await agent.reaches('degraded');
    },
  },
  {
    id: 'back-from-offline',
    title: 'after it was offline',
    policy: { offline_after: '3s', restart_backoff: '5m' },
    async leave(agent) {
      await online(agent);
      await agent.isMissed();
    },
  },
  {
    id: 'resume',
    title: 'by being resumed',
    async leave(agent) {
      await online(agent);
      await did(agent, 'pause');
      await agent.reaches('paused');
    },
    enter: (agent) => did(agent, 'resume'),
  },
  {
    id: 'wake',
    title: 'by being woken',
    async leave(agent) {
      await online(agent);
      await did(agent, 'hibernate');
      await agent.reaches('hibernated');
    },
    enter: (agent) => did(agent, 'wake'),
  },
  {
    id: 'late-beat',
    title: 'by a beat after it was given up',
    policy: { provision_within: '5s' },
    enter: (agent) => agent.reaches('failed'),
  },
  {
    id: 'retry',
    title: 'by a retry after it was given up',
    policy: { provision_within: '5s' },
    async enter(agent) {
      await agent.reaches('failed');
      await did(agent, 'retry');
      await agent.becomes(2);
    },
  },
  { id: 'change-while-online', title: 'and declares more while it is online', leave: online },
];

/**
 * Beats for whichever incarnation there is, until everything that is declared is installed; then there must have
 * been exactly one restart since it came online, and peace.
 */
const expectEquippedAfterOneRestart = async (agent: Owned, patienceMs: number): Promise<void> => {
  let cameAs = 0;
  const settled = await eventually(
    patienceMs,
    'every declared plugin to be installed after a restart',
    async () => {
      const incarnation = await agent.becomes();
      const reply = await agent.beat({ incarnation });
      if (reply.body.workspace_status === 'online' && cameAs === 0) cameAs = incarnation;
      const view = await agent.view();
      const [declared, installed] = [field(view, 'plugins.declared'), field(view, 'plugins.installed')];
      const isEquipped = declared === installed && view.observed_generation === view.generation;
      const met = isEquipped && view.status === 'online' && Number(view.incarnation) > cameAs;
      const seen = `${String(installed)} of ${String(declared)} while ${String(view.status)}, incarnation ${String(view.incarnation)}`;
      return { met, value: Number(view.incarnation), seen };
    },
  );
  expectThat(settled === cameAs + 1, `one restart, to incarnation ${cameAs + 1}`, `incarnation ${settled}`);
  const end = performance.now() + STILL_FOR_MS;
  while (performance.now() < end) {
    const { body } = await agent.beat();
    expectField(body, 'restart_pending', false);
    expectField(body, 'workspace_status', 'online');
    await pause(BEAT_EVERY_MS);
  }
  expectField(await agent.view(), 'incarnation', settled);
};

/** Workspaces that the server runs itself. Their process is a shell that sleeps; the kit beats for it. */
export const ownedCases: Case<ServerWorld>[] = [
  ...WAYS.map(
    ({ id, title, policy = {}, leave, enter }): Case<ServerWorld> => ({
      id: `owned/${id}`,
      title: `What is declared is installed, after one restart, for an agent of the server's own that comes online ${title}`,
      async run({ openOwned, plugin, patienceMs }) {
        const wanted = await plugin();
        const agent = await openOwned({ policy, ...(leave === undefined ? { plugins: [wanted] } : {}) });
        await agent.becomes();
        if (leave !== undefined) {
          await leave(agent);
          expectStatus(await agent.declare([wanted]), 'PUT …/plugins/declared', [200, 202]);
        }
        await enter?.(agent);
        await expectEquippedAfterOneRestart(agent, patienceMs);
      },
    }),
  ),
  {
    id: 'incarnation/rises-with-each-start',
    title: 'Each start of the agent is a new incarnation with a token of its own; the number never goes back',
    async run({ openOwned }) {
      const agent = await openOwned();
      await online(agent);
      const tokens = new Set([agent.token]);
      let last = 1;
      for (const [verb, back] of [['restart'], ['pause', 'resume'], ['hibernate', 'wake']]) {
        await did(agent, String(verb));
        if (back !== undefined) {
          await agent.reaches('paused', 'hibernated');
          expectThat(
            Number((await agent.view()).incarnation) >= last,
            `incarnation ${last} or later`,
            (await agent.view()).incarnation,
          );
          await did(agent, back);
        }
        last = await agent.becomes(last + 1);
        tokens.add(agent.token);
        expectField(await agent.view(), 'incarnation', last);
        await agent.goesOnline();
      }
      expectThat(tokens.size === 4, 'four tokens for four incarnations', `${tokens.size} tokens`);
    },
  },
  {
    id: 'incarnation/token-of-a-replaced-one-refused',
    title: 'A beat, a register and a card of a replaced incarnation are answered 409 and change nothing',
    async run({ openOwned, http }) {
      const agent = await openOwned();
      await online(agent);
      const old = agent.token;
      await did(agent, 'restart');
      await agent.becomes(2);
      await agent.goesOnline();
      await agent.beat({ current_task: 'of the new one' });
      const stale = [
        await agent.beat({ current_task: 'of the old one', error_rate: 0.9 }, old),
        await agent.register({ agent_card: { name: 'the old one' } }, old),
        await http('POST', '/registry/update-card', {
          token: old,
          body: { workspace_id: agent.id, agent_card: { name: 'the old one' } },
        }),
      ];
      for (const reply of stale) expectStatus(reply, 'what the old one says', [409], 'STALE_INCARNATION');
      const view = await agent.view();
      expectField(view, 'status', 'online');
      expectField(view, 'current_task', 'of the new one');
      expectThat(field(view, 'agent_card.name') !== 'the old one', 'no card of the old one', view.agent_card);
    },
  },
  {
    id: 'incarnation/older-number-refused',
    title: 'A replaced agent that found the newer token is answered 409 for the number it says',
    async run({ openOwned }) {
      const agent = await openOwned();
      await online(agent);
      await did(agent, 'restart');
      await agent.becomes(2);
      await agent.goesOnline();
      expectStatus(
        await agent.beat({ incarnation: 1 }),
        'a beat that says incarnation 1',
        [409],
        'STALE_INCARNATION',
      );
      expectStatus(await agent.beat({ incarnation: 2 }), 'a beat that says incarnation 2', [200]);
    },
  },
  {
    id: 'incarnation/stale-beat-does-not-revive',
    title: 'A beat of an incarnation that was ended does not make the next one online',
    async run({ openOwned }) {
      const agent = await openOwned();
      await online(agent);
      const old = agent.token;
      await did(agent, 'pause');
      await agent.reaches('paused');
      await did(agent, 'resume');
      await agent.becomes(2);
      const reply = await agent.beat({}, old);
      expectThat(reply.status === 409 || reply.status === 401, 'the beat to be refused', told(reply));
      expectField(await agent.view(), 'status', 'provisioning');
    },
  },
  {
    id: 'incarnation/provisioning-has-an-end',
    title: 'An agent that never beats is given up, with a reason',
    async run({ openOwned }) {
      const agent = await openOwned({ policy: { provision_within: '1s' } });
      const view = await agent.reaches('failed');
      expectThat(typeof field(view, 'reason.message') === 'string', 'a reason in words', view.reason);
    },
  },
];
