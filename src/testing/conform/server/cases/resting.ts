import { type Case, expectThat } from '../../case.ts';
import { expectField, expectStatus, type Played, pause } from '../played.ts';
import type { ServerWorld } from '../world.ts';

type Rest = { verb: string; back: string; status: string };

const PAUSED: Rest = { verb: 'pause', back: 'resume', status: 'paused' };
const HIBERNATED: Rest = { verb: 'hibernate', back: 'wake', status: 'hibernated' };

const toRest = async (agent: Played, { verb, status }: Rest): Promise<void> => {
  await agent.goesOnline();
  expectStatus(await agent.act(verb), `POST …/${verb}`, [200, 202]);
  await agent.reaches(status);
};

const casesOf = (rest: Rest): Case<ServerWorld>[] => [
  {
    id: `resting/${rest.status}-beats-change-nothing`,
    title: `A beat while ${rest.status} is answered 200, says so, and renews nothing`,
    async run({ open }) {
      const agent = await open();
      await toRest(agent, rest);
      const before = await agent.view();
      await pause(50);
      for (const facts of [{}, { error_rate: 0.9 }, { error_rate: 0 }]) {
        const reply = await agent.beat(facts);
        expectStatus(reply, 'the beat', [200]);
        expectField(reply.body, 'workspace_status', rest.status);
        expectField(reply.body, 'lease_expires_at', null);
      }
      const after = await agent.view();
      expectField(after, 'status', rest.status);
      expectField(after, 'last_heartbeat_at', before.last_heartbeat_at);
    },
  },
  {
    id: `resting/${rest.status}-register-revives-nobody`,
    title: `A register while ${rest.status} changes no status`,
    async run({ open }) {
      const agent = await open();
      await toRest(agent, rest);
      expectStatus(await agent.register(), 'the register', [200, 409]);
      expectField(await agent.view(), 'status', rest.status);
      await agent.beat();
      expectField(await agent.view(), 'status', rest.status);
    },
  },
  {
    id: `resting/${rest.back}-brings-back`,
    title: `After ${rest.back} the next beat brings it online`,
    async run({ open }) {
      const agent = await open();
      await toRest(agent, rest);
      expectStatus(await agent.act(rest.back), `POST …/${rest.back}`, [200, 202]);
      const { status } = await agent.view();
      expectThat(status !== rest.status, `another status than ${rest.status}`, status);
      await agent.goesOnline();
    },
  },
  {
    id: `resting/${rest.verb}-twice-refused`,
    title: `${rest.verb} while ${rest.status} is answered 409: a no-op never answers success`,
    async run({ open }) {
      const agent = await open();
      await toRest(agent, rest);
      expectStatus(await agent.act(rest.verb), `the second ${rest.verb}`, [409]);
    },
  },
  {
    id: `resting/${rest.back}-of-one-awake-refused`,
    title: `${rest.back} while online is answered 409`,
    async run({ open }) {
      const agent = await open();
      await agent.goesOnline();
      expectStatus(await agent.act(rest.back), `POST …/${rest.back}`, [409]);
    },
  },
];

/** Workspaces whose agent is not to run for now, and what operators may ask in which state. */
export const restingCases: Case<ServerWorld>[] = [
  ...casesOf(PAUSED),
  ...casesOf(HIBERNATED),
  {
    id: 'resting/retry-of-nothing-refused',
    title: 'retry while there is nothing to try again is answered 409',
    async run({ open }) {
      const agent = await open();
      await agent.goesOnline();
      // A workspace without plugins is soon at rest.
      await pause(500);
      expectStatus(await agent.act('retry'), 'POST …/retry', [409]);
    },
  },
  {
    id: 'resting/survives-changes',
    title: 'Changing what is wanted of a paused workspace does not start it',
    async run({ open, plugin }) {
      const agent = await open();
      await toRest(agent, PAUSED);
      expectStatus(await agent.patch({ role: 'sleeper' }), 'PATCH', [200]);
      expectStatus(await agent.declare([await plugin()]), 'PUT …/plugins/declared', [200, 202]);
      await agent.beat();
      expectField(await agent.view(), 'status', 'paused');
    },
  },
];
