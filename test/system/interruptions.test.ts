import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import {
  behind,
  createDoor,
  type InProcess,
  isConverged,
  openInProcess,
  transitionsOf,
  writtenHistory,
} from './in-process.ts';
import { livingInstances } from './instances.ts';
import { type Answer, eventually } from './program.ts';

/** Whatever is under way, an operator who wants quiet gets it: nothing that was begun earlier comes back to life. */

const HOUR = 3_600_000;

const DOORS = ['stop', 'find', 'fetch', 'activate'] as const;
type DoorName = (typeof DOORS)[number];

type Bench = { keepwell: InProcess; id: string; doors: Record<DoorName, ReturnType<typeof createDoor>> };

const cleanUps: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanUps.splice(0).toReversed()) await clean();
});

const setUp = async (): Promise<Bench> => {
  const doors = { stop: createDoor(), find: createDoor(), fetch: createDoor(), activate: createDoor() };
  const keepwell = await openInProcess({
    around: {
      runtime: (real) => behind(doors.find, 'find')(behind(doors.stop, 'stop')(real)),
      cache: behind(doors.fetch, 'fetch'),
      sets: behind(doors.activate, 'activate'),
    },
  });
  cleanUps.push(() => {
    for (const door of Object.values(doors)) door.open();
    return keepwell.close();
  });
  const { id } = await keepwell.api.post('/workspaces', {
    name: 'demo',
    command: ['/bin/sleep', '600'],
    plugins: ['local://seo-all'],
  });
  const bench = { keepwell, id, doors };
  await started(bench, 1);
  return bench;
};

const started = ({ keepwell, id }: Bench, incarnation: number): Promise<Answer> =>
  eventually(`incarnation ${incarnation} being started`, async () =>
    (await keepwell.api.history(id)).some(
      ({ event, cause }) => event === 'instance.started' && cause.incarnation === incarnation,
    ),
  );

const stateOf = async ({ keepwell, id }: Bench): Promise<string> => (await keepwell.api.view(id)).state;

const reached = (bench: Bench, state: string): Promise<boolean> =>
  eventually(state, async () => (await stateOf(bench)) === state);

/** Beats bring it online, and its plugin brings it a second incarnation that converges. */
const converge = async (bench: Bench): Promise<void> => {
  const { keepwell, id } = bench;
  await keepwell.beat(id);
  await started(bench, 2);
  await keepwell.beat(id);
  await eventually('everything being in place', async () => isConverged(await keepwell.api.view(id)));
};

const waitAt = async ({ doors }: Bench, name: DoorName, bring: () => Promise<unknown>): Promise<void> => {
  doors[name].shut();
  await bring();
  await eventually(`somebody waiting at ${name}`, async () => doors[name].isWaitedAt());
};

const restart = ({ keepwell, id }: Bench) => keepwell.api.post(`/workspaces/${id}/restart`);

/** Brings a workspace to a point at which something of its own is under way. */
const MOMENTS: { title: string; state: string; bring: (bench: Bench) => Promise<unknown> }[] = [
  {
    title: 'while the old process is being stopped',
    state: 'wanted.restarting',
    async bring(bench) {
      await converge(bench);
      await waitAt(bench, 'stop', () => restart(bench));
    },
  },
  {
    title: 'just before the new process is started',
    state: 'wanted.provisioning',
    async bring(bench) {
      await converge(bench);
      await waitAt(bench, 'find', () => restart(bench));
    },
  },
  {
    title: 'between the start of the new process and its first beat',
    state: 'wanted.provisioning',
    async bring(bench) {
      await converge(bench);
      await restart(bench);
      await started(bench, 3);
    },
  },
  {
    title: 'while a plugin is being fetched',
    state: 'wanted.online.reconciling',
    bring: (bench) => waitAt(bench, 'fetch', () => bench.keepwell.beat(bench.id)),
  },
  {
    title: 'while the plugins are being switched',
    state: 'wanted.online.reconciling',
    bring: (bench) => waitAt(bench, 'activate', () => bench.keepwell.beat(bench.id)),
  },
];

/** Everything that was held back goes on, all that time could bring comes, and beats keep coming. */
const letEverythingHappen = async ({ keepwell, doors, id }: Bench): Promise<void> => {
  for (const door of Object.values(doors)) door.open();
  for (let step = 0; step < 4; step += 1) {
    await sleep(60);
    await keepwell.beat(id);
    await keepwell.clock.advance(HOUR / 4);
  }
};

/** How many tokens of a workspace are at rest. */
const tokensOf = (data: string, id: string): number => {
  const database = new Database(join(data, 'keepwell.db'), { readonly: true });
  try {
    const count = database.prepare('SELECT count(*) FROM tokens WHERE workspace_id = ?').pluck();
    return count.get(id) as number;
  } finally {
    database.close();
  }
};

describe.skipIf(process.platform !== 'linux')('a pause', () => {
  it.each(MOMENTS)('$title wins, and nothing comes back to life until it is resumed', async (moment) => {
    const bench = await setUp();
    const { keepwell, id, doors } = bench;
    const { api } = keepwell;
    await moment.bring(bench);
    expect(await stateOf(bench)).toBe(moment.state);

    const paused = await api.post(`/workspaces/${id}/pause`);
    expect(paused.status).toBe('paused');
    doors.stop.open();
    await reached(bench, 'resting.paused');
    await eventually('nothing running any more', async () => livingInstances(id).length === 0);
    const history = transitionsOf(await writtenHistory(api, id));

    await letEverythingHappen(bench);

    expect(livingInstances(id)).toEqual([]);
    expect(transitionsOf(await api.history(id))).toEqual(history);
    const resting = await api.view(id);
    expect(resting).toMatchObject({ status: 'paused', deadline: null, lease_expires_at: null });

    const resumed = await api.post(`/workspaces/${id}/resume`);
    expect(resumed.incarnation).toBe(resting.incarnation + 1);
    await eventually('everything being in place', async () => {
      if ((await stateOf(bench)) === 'wanted.provisioning') await keepwell.beat(id);
      const view = await api.view(id);
      return isConverged(view) && view.plugins.installed === 1;
    });
    const { incarnation } = await api.view(id);
    expect(livingInstances(id).map((living) => living.incarnation)).toEqual([incarnation]);
    expect(incarnation - resumed.incarnation).toBeLessThanOrEqual(1);
  });
});

describe.skipIf(process.platform !== 'linux')('a removal', () => {
  it.each(MOMENTS)('$title wins, and nothing is left of it', async (moment) => {
    const bench = await setUp();
    const { keepwell, id, doors } = bench;
    const { api } = keepwell;
    await moment.bring(bench);
    expect(await stateOf(bench)).toBe(moment.state);

    const { status, body } = await api.request('DELETE', `/workspaces/${id}?purge=true`);
    expect([status, body.status]).toEqual([200, 'removed']);
    doors.stop.open();
    await eventually('it being gone', async () => {
      const { status } = await api.request('GET', `/workspaces/${id}`);
      return status === 410;
    });
    const history = transitionsOf(await api.history(id));
    expect(history.at(-1)).toMatchObject({ from: 'removing', to: 'removed' });

    await letEverythingHappen(bench);

    expect(livingInstances(id)).toEqual([]);
    expect(transitionsOf(await api.history(id))).toEqual(history);
    expect((await api.request('POST', `/workspaces/${id}/restart`)).status).toBe(410);
    expect((await keepwell.beat(id)).status).toBe(410);
    expect(existsSync(join(keepwell.data, 'workspaces', id))).toBe(false);
    expect(tokensOf(keepwell.data, id)).toBe(0);
    const again = await api.post('/workspaces', { name: 'demo', external: true });
    expect(again.id).not.toBe(id);
  });
});
