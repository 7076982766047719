import { type Case, expectThat, NotApplicable } from '../../case.ts';
import { expectEquippedAfterOneRestart, installPlugins } from '../equip.ts';
import { listAt } from '../http.ts';
import { eventually, expectStatus, type Played } from '../played.ts';
import type { ServerWorld } from '../world.ts';

const MISSING = 'local://conform-there-is-no-such-plugin';

/** A way into online. `leave` makes it another state before anything is declared; `enter` brings it back. */
type Way = {
  id: string;
  title: string;
  policy?: object;
  leave?(agent: Played): Promise<unknown>;
  enter(agent: Played): Promise<unknown>;
};

const did = async (agent: Played, verb: string): Promise<void> =>
  expectStatus(await agent.act(verb), `POST …/${verb}`, [200, 202]);

const WAYS: Way[] = [
  { id: 'first-beat', title: 'by its first beat', enter: (agent) => agent.beat() },
  { id: 'register-first', title: 'by registering before it beats', enter: (agent) => agent.register() },
  {
    id: 'recovery-from-degraded',
    title: 'by recovering from degraded',
    async leave(agent) {
      await agent.goesOnline();
      await agent.beat({ error_rate: 0.9 });
      await agent.reaches('degraded');
    },
    enter: (agent) => agent.beat({ error_rate: 0 }),
  },
  {
    id: 'recovery-from-wedged',
    title: 'by not being wedged any more',
    async leave(agent) {
      await agent.goesOnline();
      await agent.beat({ runtime_state: 'wedged' });
      await agent.reaches('degraded');
    },
    enter: (agent) => agent.beat({ runtime_state: '' }),
  },
  {
    id: 'back-from-silence',
    title: 'by beating again after it was missed',
    policy: { offline_after: '3s' },
    async leave(agent) {
      await agent.goesOnline();
      await agent.isMissed();
    },
    enter: (agent) => agent.beat(),
  },
  {
    id: 'register-after-silence',
    title: 'by registering again after it was missed',
    policy: { offline_after: '3s' },
    async leave(agent) {
      await agent.goesOnline();
      await agent.isMissed();
    },
    enter: (agent) => agent.register(),
  },
  {
    id: 'resume',
    title: 'by being resumed',
    async leave(agent) {
      await agent.goesOnline();
      await did(agent, 'pause');
      await agent.reaches('paused');
    },
    enter: (agent) => did(agent, 'resume'),
  },
  {
    id: 'wake',
    title: 'by being woken',
    async leave(agent) {
      await agent.goesOnline();
      await did(agent, 'hibernate');
      await agent.reaches('hibernated');
    },
    enter: (agent) => did(agent, 'wake'),
  },
  {
    id: 'change-while-online',
    title: 'and declares more while it is online',
    leave: (agent) => agent.goesOnline(),
    enter: async () => {},
  },
];

/**
 * What all this is for: a declared plugin is installed, and exactly one restart asked for, by whatever way an agent
 * comes online.
 */
export const foundingCases: Case<ServerWorld>[] = [
  ...WAYS.map(
    ({ id, title, policy = {}, leave, enter }): Case<ServerWorld> => ({
      id: `founding/${id}`,
      title: `What is declared is installed, and one restart asked for, for an agent that comes online ${title}`,
      async run({ open, plugin, patienceMs }) {
        const wanted = await plugin();
        const agent = await open({ policy, ...(leave === undefined ? { plugins: [wanted] } : {}) });
        if (leave !== undefined) {
          await leave(agent);
          expectStatus(await agent.declare([wanted]), 'PUT …/plugins/declared', [200, 202]);
        }
        await enter(agent);
        await expectEquippedAfterOneRestart(agent, patienceMs);
      },
    }),
  ),
  {
    id: 'founding/lost-on-the-box',
    title: 'A plugin that an agent says it lost is offered again, and then there is peace',
    async run({ open, plugin, patienceMs }) {
      const agent = await open({ plugins: [await plugin()] });
      const { generation } = await installPlugins(agent, patienceMs);
      await agent.report({ generation, plugins: [] });
      const again = await installPlugins(agent, patienceMs);
      expectThat(again.generation === generation, `plugin generation ${generation} again`, again.generation);
    },
  },
  {
    id: 'founding/retry',
    title: 'retry tries what is missing anew, at once and from the first attempt',
    async run({ open, patienceMs }) {
      const agent = await open({
        plugins: [MISSING],
        policy: { plugin_backoff: '1ms', plugin_backoff_max: '10m' },
      });
      const attempt = async () => Number(listAt(await agent.view(), 'plugins.blocked')[0]?.attempt ?? 0);
      await agent.beat();
      const before = await eventually(patienceMs, 'several attempts to install it', async () => {
        const count = await attempt();
        return { met: count >= 3, value: count, seen: `${count} attempts` };
      });
      expectStatus(await agent.act('retry'), 'POST …/retry', [200, 202]);
      await eventually(patienceMs, `attempts to be counted anew after ${before}`, async () => {
        const count = await attempt();
        return { met: count > 0 && count < before, value: null, seen: `${count} attempts` };
      });
    },
  },
  {
    id: 'founding/unchanged-is-left-alone',
    title: 'Coming online again with nothing changed installs nothing and asks for no restart',
    async run({ open, plugin, patienceMs }) {
      const agent = await open({ plugins: [await plugin()] });
      await expectEquippedAfterOneRestart(agent, patienceMs);
      const { generation } = (await agent.get('plugins/lock')).body;
      if (generation === undefined) throw new NotApplicable('It has no plugins/lock.');
      await agent.beat({ error_rate: 0.9 });
      for (let times = 0; times < 5; times += 1) {
        const { body } = await agent.beat();
        expectThat(body.restart_pending === false, 'no restart', body);
        expectThat(body.plugins_generation === generation, `plugin generation ${Number(generation)}`, body);
      }
    },
  },
];
