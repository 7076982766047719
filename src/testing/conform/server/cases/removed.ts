import { type Case, expectThat } from '../../case.ts';
import { type Http, listAt, told } from '../http.ts';
import { eventually, expectStatus, type Played, pause } from '../played.ts';
import type { ServerWorld } from '../world.ts';

const VERBS = ['restart', 'pause', 'resume', 'hibernate', 'wake', 'retry', 'reconcile'];

const gone = async (agent: Played): Promise<void> => {
  await agent.goesOnline();
  const reply = await agent.remove();
  expectStatus(reply, 'DELETE', [200]);
  expectThat(reply.body.status === 'removed', 'status "removed" in the answer', reply.body.status);
};

/** While its instance is being stopped it may still be shown, as removed. */
const isGone = (http: Http, token: string, id: string, patienceMs: number): Promise<void> =>
  eventually(patienceMs, 'GET /workspaces/:id to be answered 410', async () => {
    const reply = await http('GET', `/workspaces/${id}`, { token });
    const isBack = reply.status === 200 && reply.body.status !== 'removed';
    expectThat(!isBack, 'a removed workspace', told(reply));
    return { met: reply.status === 410, value: undefined, seen: told(reply) };
  });

/** Removed is for good. */
export const removedCases: Case<ServerWorld>[] = [
  {
    id: 'removed/view-is-gone',
    title: 'The view of a removed workspace is answered 410, and the list leaves it out',
    async run({ open, http, adminToken: token, patienceMs }) {
      const agent = await open();
      await gone(agent);
      await isGone(http, token, agent.id, patienceMs);
      const { body } = await http('GET', '/workspaces?limit=200', { token });
      expectThat(
        !listAt(body, 'items').some(({ id }) => id === agent.id),
        'a list without it',
        'it is listed',
      );
    },
  },
  {
    id: 'removed/beat-is-told-to-end',
    title: 'A beat for a removed workspace is answered 410, although its token went with it',
    async run({ open }) {
      const agent = await open();
      await gone(agent);
      expectStatus(await agent.beat(), 'the beat', [410]);
    },
  },
  {
    id: 'removed/register-revives-nobody',
    title: 'A register for a removed workspace is answered 410',
    async run({ open }) {
      const agent = await open();
      await gone(agent);
      expectStatus(await agent.register(), 'the register', [410]);
    },
  },
  {
    id: 'removed/operators-cannot-call-back',
    title: 'No verb and no change brings a removed workspace back',
    async run({ open }) {
      const agent = await open();
      await gone(agent);
      for (const verb of VERBS) expectStatus(await agent.act(verb), `POST …/${verb}`, [410, 404]);
      expectStatus(await agent.patch({ role: 'ghost' }), 'PATCH', [410, 404]);
      expectStatus(await agent.remove(), 'a second DELETE', [410, 404]);
    },
  },
  {
    id: 'removed/stays-removed',
    title: 'Beats that race with the removal, and those after it, bring nothing back',
    async run({ open, http, adminToken: token, patienceMs }) {
      const agent = await open();
      await agent.goesOnline();
      await Promise.all([
        agent.beat({ error_rate: 0.9 }),
        agent.remove(),
        agent.beat(),
        agent.register(),
        agent.beat({ error_rate: 0 }),
      ]);
      for (let times = 0; times < 3; times += 1) {
        await agent.beat();
        await pause(50);
      }
      await isGone(http, token, agent.id, patienceMs);
    },
  },
  {
    id: 'removed/of-a-paused-one',
    title: 'A paused workspace can be removed, and stays removed',
    async run({ open }) {
      const agent = await open();
      await agent.goesOnline();
      await agent.act('pause');
      expectStatus(await agent.remove(), 'DELETE', [200]);
      expectStatus(await agent.beat(), 'the beat', [410]);
      expectStatus(await agent.act('resume'), 'POST …/resume', [410, 404]);
    },
  },
];
