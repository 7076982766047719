import { chmodSync, copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type InProcess, isConverged, openInProcess } from './in-process.ts';
import { livingInstances, watchInstances } from './instances.ts';
import { createMoments, type Moment } from './moments.ts';
import {
  type Answer,
  type Api,
  createDataFolder,
  eventually,
  offerPlugin,
  REPO,
  startProgram,
  stopAgents,
} from './program.ts';

/** Requests are levels: as many as there are during one cycle ask for one more, and the last one is not forgotten. */

const cleanUps: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanUps.splice(0).toReversed()) await clean();
});

const converged = (api: Api, id: string): Promise<Answer> =>
  eventually('everything being in place', async () => {
    const view = await api.view(id);
    return isConverged(view) ? view : null;
  });

/** An agent that ignores SIGTERM lives on until its grace is over: whoever does not wait for its end is seen. */
const STUBBORN = { KEEPWELL_AGENT_MISBEHAVE: 'ignore-sigterm' };

const startWithAgent = async () => {
  const data = createDataFolder();
  const program = await startProgram({ data: data.path });
  cleanUps.push(
    data.remove,
    () => stopAgents(data.path),
    () => program.kill9(),
  );
  const { api } = program;
  const { id } = await api.post('/workspaces', {
    name: 'demo',
    template: 'seo-agent',
    env: STUBBORN,
    policy: { stop_grace: '300ms' },
  });
  await eventually('the first plugin being in place', async () => {
    const view = await api.view(id);
    return isConverged(view) && view.restarts === 1;
  });
  return { data: data.path, api, id };
};

const expectEachServed = (history: Answer[], requests: number) => {
  const asked = history.filter(({ event }) => event === 'operator.restarted');
  const stopped = history.filter(({ event }) => event === 'stop.settled');
  expect(asked).toHaveLength(requests);
  for (const { seq } of asked) expect(stopped.some((stop) => stop.seq > seq)).toBe(true);
};

const expectOneInstance = (id: string, { incarnation }: Answer) => {
  expect(livingInstances(id).map((living) => living.incarnation)).toEqual([incarnation]);
};

describe.skipIf(process.platform !== 'linux')('restart requests while the program runs', () => {
  it('are served by at most two more incarnations when twenty come at once, one alive at a time', async () => {
    const { api, id } = await startWithAgent();
    const before = await api.view(id);
    const stopWatching = watchInstances(id);

    const replies = await Promise.all(
      Array.from({ length: 20 }, () => api.request('POST', `/workspaces/${id}/restart`)),
    );
    const after = await converged(api, id);

    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 202));
    const { seen, together } = await stopWatching();
    expect(together).toEqual([]);
    expect(seen).toContain(before.incarnation);
    expect(seen).toContain(after.incarnation);
    expect(after.incarnation - before.incarnation).toBeLessThanOrEqual(2);
    expectEachServed(await api.history(id), 20);
    expectOneInstance(id, after);
  });

  it('are none of them lost when twenty come one after the other through several cycles', async () => {
    const { api, id } = await startWithAgent();
    const before = await api.view(id);
    const stopWatching = watchInstances(id);

    for (let request = 0; request < 20; request += 1) {
      await api.post(`/workspaces/${id}/restart`);
      await sleep(70);
    }
    const after = await converged(api, id);

    expect((await stopWatching()).together).toEqual([]);
    expect(after.incarnation - before.incarnation).toBeGreaterThanOrEqual(2);
    expect(after.incarnation - before.incarnation).toBeLessThan(10);
    expectEachServed(await api.history(id), 20);
    expectOneInstance(id, after);
  });

  it('and new plugins at the same time leave one instance that has them all', async () => {
    const { data, api, id } = await startWithAgent();
    const names = ['one', 'two', 'three'];
    for (const name of names) await offerPlugin(data, name, { 'plugin.yaml': `name: ${name}\n` });

    for (const name of names) {
      const before = await api.view(id);
      const stopWatching = watchInstances(id);
      await Promise.all([
        api.post(`/workspaces/${id}/plugins`, { source: `local://${name}` }),
        api.post(`/workspaces/${id}/restart`),
        sleep(150).then(() => api.post(`/workspaces/${id}/restart`)),
      ]);
      const after = await eventually('the plugin being in place', async () => {
        const view = await api.view(id);
        return isConverged(view) && view.plugins.installed === view.plugins.declared ? view : null;
      });

      expect((await stopWatching()).together).toEqual([]);
      expect(after.incarnation).toBeGreaterThan(before.incarnation);
      expect(after.incarnation - before.incarnation).toBeLessThanOrEqual(3);
      expect(after.plugins.failed).toBe(0);
      expectOneInstance(id, after);
    }
    const { installed } = await api.get(`/workspaces/${id}/plugins`);
    expect(installed.plugins.map(({ name }: Answer) => name)).toEqual(['seo-all', ...names]);
  });
});

describe('a restart request at the very end of a cycle', () => {
  const openBench = async (): Promise<{ keepwell: InProcess; at: (moment: Moment) => Promise<void> }> => {
    const moments = createMoments();
    const keepwell = await openInProcess({ around: moments.around });
    cleanUps.push(() => keepwell.close());
    return { keepwell, at: moments.at };
  };

  const calmDown = async ({ api }: InProcess, id: string): Promise<Answer> => {
    await converged(api, id);
    await sleep(500);
    return converged(api, id);
  };

  it('between the start of the new process and its first beat is honoured by one more cycle', async () => {
    const { keepwell } = await openBench();
    const { api } = keepwell;
    const { id } = await api.post('/workspaces', { name: 'demo', command: ['/bin/sleep', '600'] });
    const started = (incarnation: number) =>
      eventually('the process being started', async () =>
        (await api.history(id)).some(
          ({ event, cause }) => event === 'instance.started' && cause.incarnation === incarnation,
        ),
      );
    await started(1);
    await keepwell.beat(id);
    await converged(api, id);

    await api.post(`/workspaces/${id}/restart`);
    await started(2);
    const accepted = await api.post(`/workspaces/${id}/restart`);
    expect(accepted).toMatchObject({ status: 'provisioning', incarnation: 2, restart_pending: true });
    const { body } = await keepwell.beat(id);
    expect(body).toMatchObject({ workspace_status: 'online', restart_pending: true });
    await started(3);
    await keepwell.beat(id);

    expect(await calmDown(keepwell, id)).toMatchObject({ incarnation: 3, restarts: 2 });
  });

  /** How many incarnations come after the one that was running, once it is asked for at that moment. */
  const CASES: [title: string, moment: Moment, first: 'restart' | 'reconcile', cycles: number][] = [
    ['just before the reconcile settles', 'before the reconcile settles', 'reconcile', 1],
    ['in the turn in which the reconcile settles', 'the reconcile settled', 'reconcile', 1],
    ['in the turn in which the old process has stopped', 'the stop settled', 'restart', 2],
    ['in the turn in which the new process first beats', 'it came online', 'restart', 2],
    ['in the turn in which the cycle is complete', 'the reconcile settled', 'restart', 2],
  ];

  it.each(CASES)('%s is honoured by exactly one more cycle', async (_, moment, first, cycles) => {
    const { keepwell, at } = await openBench();
    const { api } = keepwell;
    const { id } = await api.post('/workspaces', { name: 'demo', template: 'seo-agent' });
    await eventually('the first plugin being in place', async () => {
      const view = await api.view(id);
      return isConverged(view) && view.restarts === 1;
    });

    const asked = at(moment).then(() => keepwell.supervisor.act(id, 'restart'));
    await api.post(`/workspaces/${id}/${first}`);
    await asked;

    const after = await calmDown(keepwell, id);
    expect(after).toMatchObject({ incarnation: 2 + cycles, restarts: 1 + cycles, restart_pending: false });
  });

  it('that the plugins end with a restart of their own is served by that very restart', async () => {
    const { keepwell, at } = await openBench();
    const { api } = keepwell;
    const asked = at('the reconcile settled').then(() => keepwell.supervisor.act(id, 'restart'));
    const { id } = await api.post('/workspaces', { name: 'demo', template: 'seo-agent' });
    await asked;

    expect(await calmDown(keepwell, id)).toMatchObject({
      incarnation: 2,
      restarts: 1,
      plugins: { installed: 1 },
    });
  });
});

describe.skipIf(process.platform !== 'linux')('a restart whose successor cannot start', () => {
  it('is declined before the running instance is touched, and said so until it is possible again', async () => {
    const keepwell = await openInProcess();
    cleanUps.push(() => keepwell.close());
    const { api, clock, data } = keepwell;
    const agent = join(data, 'agent.mjs');
    copyFileSync(join(REPO, 'data', 'templates', 'seo-agent', 'agent.mjs'), agent);
    chmodSync(agent, 0o755);
    const { id } = await api.post('/workspaces', { name: 'demo', command: [agent] });
    const before = await eventually('its first beat', async () => {
      const view = await converged(api, id);
      return view.uptime_seconds === null ? null : view;
    });
    const living = livingInstances(id);
    renameSync(agent, `${agent}.gone`);

    await api.post(`/workspaces/${id}/restart`);

    const declined = { code: 'restart-declined', message: expect.stringContaining('keeps running') };
    const calm = await eventually('the restart being declined', async () => {
      const view = await api.view(id);
      return view.reason !== null && isConverged(view) ? view : null;
    });
    expect(calm).toMatchObject({ status: 'online', incarnation: 1, restarts: 0, reason: declined });
    expect(livingInstances(id)).toEqual(living);
    const why = await api.get(`/workspaces/${id}/why`);
    expect(why).toMatchObject({ status: 'online', reason: declined });
    expect(why.text).toContain('A restart was declined');

    // It is still said after the next look at the plugins, and the agent is the same.
    const { deadline } = calm;
    expect(deadline.name).toBe('resyncAt');
    await clock.advance(Date.parse(deadline.at) - clock.now());
    await eventually('the resync being done', async () => {
      const view = await api.view(id);
      return isConverged(view) && view.deadline.at !== deadline.at;
    });
    expect(await api.view(id)).toMatchObject({ status: 'online', incarnation: 1, reason: declined });
    expect(livingInstances(id)).toEqual(living);
    expect((await api.view(id)).uptime_seconds).toBeGreaterThanOrEqual(before.uptime_seconds);

    renameSync(`${agent}.gone`, agent);
    await api.post(`/workspaces/${id}/restart`);
    const restarted = await eventually('the restart', async () => {
      const view = await api.view(id);
      return isConverged(view) && view.incarnation === 2 ? view : null;
    });
    expect(restarted).toMatchObject({ status: 'online', restarts: 1, reason: null });
    expect(livingInstances(id).map(({ pid }) => pid)).not.toEqual(living.map(({ pid }) => pid));
  });
});
