import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../machines/time.ts';
import { type Bench, openBench } from './bench.ts';

/** A bench that remembers with which environment each instance was started. */
const open = async () => {
  const bench = await openBench();
  const environments = new Map<string, Record<string, string>[]>();
  bench.instances.hooks.onStart = ({ workspaceId, env }) => {
    environments.set(workspaceId, [...(environments.get(workspaceId) ?? []), env]);
  };
  return {
    bench,
    /** The environment of the incarnation that was started last. */
    envOf: (id: string) => environments.get(id)?.at(-1) ?? {},
    startsOf: (id: string) => environments.get(id)?.length ?? 0,
    set: async (id: string | null, values: Record<string, string | null>) => {
      await bench.supervisor.changeSecrets(id, values);
      await bench.calm();
    },
    /** Lets changes come to rest: whoever is to be restarted is, and beats. */
    rest: async (...ids: string[]) => {
      await bench.pass(5 * SECOND);
      for (const id of ids) await bench.settle(id);
    },
  };
};

const storedText = (bench: Bench): string =>
  bench.behindItsBack((db) =>
    JSON.stringify(
      ['workspaces', 'snapshots', 'journal', 'secrets', 'idempotency'].map((table) =>
        db.prepare(`SELECT * FROM ${table}`).all(),
      ),
    ),
  );

describe('secrets', () => {
  it('reach the agent in its environment: its own over its env, its env over a global one', async () => {
    const { bench, set, envOf } = await open();
    await set(null, { GLOBAL: 'g', BOTH: 'global', SHADOWED: 'global' });
    const { view } = await bench.supervisor.create(
      { ...bench.view(await bench.online()).spec, name: 'mine', env: { BOTH: 'env', OWN: 'env' } },
      null,
      { OWN: 'secret' },
    );
    await bench.calm();
    expect(envOf(view.id)).toMatchObject({ GLOBAL: 'g', BOTH: 'env', OWN: 'secret', SHADOWED: 'global' });
  });

  it('cost one restart when several change in a row, and none when nothing does', async () => {
    const { bench, set, startsOf, envOf, rest } = await open();
    const id = await bench.online();
    for (const count of [1, 2, 3, 4, 5]) {
      await set(id, { [`KEY_${count}`]: 'v' });
      await bench.pass(SECOND);
    }
    await rest(id);
    expect(startsOf(id)).toBe(2);
    expect(Object.keys(envOf(id)).filter((name) => name.startsWith('KEY_'))).toHaveLength(5);
    await set(id, { KEY_1: 'v' });
    await rest(id);
    expect(startsOf(id)).toBe(2);
  });

  it('restart exactly those whose environment a global one changes', async () => {
    const { bench, set, startsOf, rest } = await open();
    const plain = await bench.online();
    const shadows = await bench.online({ env: { KEY: 'mine' } });
    const owns = await bench.online();
    await set(owns, { KEY: 'own' });
    await rest(plain, shadows, owns);
    const before = [plain, shadows, owns].map(startsOf);
    await set(null, { KEY: 'global' });
    await rest(plain, shadows, owns);
    expect([plain, shadows, owns].map(startsOf).map((now, at) => now - (before[at] ?? 0))).toEqual([1, 0, 0]);
  });

  it('that are required and not set keep an agent from being started, all named, until they are there', async () => {
    const { bench, set, startsOf } = await open();
    const id = await bench.create({ requiredEnv: ['ONE', 'TWO', 'THREE'], env: { TWO: 'there' } });
    expect(bench.view(id)).toMatchObject({
      status: 'failed',
      reason: { code: 'provision-declined', message: expect.stringMatching(/ONE, THREE/) },
    });
    await set(id, { ONE: '1' });
    expect(bench.view(id)).toMatchObject({
      status: 'failed',
      reason: { message: expect.stringMatching(/needs THREE/) },
    });
    await set(null, { THREE: '3' });
    expect(startsOf(id)).toBe(1);
    await bench.settle(id);
    expect(bench.view(id).state).toBe('wanted.online.converged');
  });

  it('that are taken away although they are required leave the running agent alone', async () => {
    const { bench, set, startsOf, rest } = await open();
    const id = await bench.create({ requiredEnv: ['KEY'] });
    await set(id, { KEY: 'v' });
    await bench.settle(id);
    await set(id, { KEY: null });
    await rest(id);
    expect(bench.view(id)).toMatchObject({ status: 'online', reason: { code: 'restart-declined' } });
    expect(startsOf(id)).toBe(1);
  });

  it('survive a supervisor that goes down right after it answered, and are not forgotten', async () => {
    const { bench, set, startsOf, envOf, rest } = await open();
    const id = await bench.online();
    await set(id, { KEY: 'new' });
    await bench.restartSupervisor();
    await rest(id);
    await bench.pass(MINUTE);
    expect(startsOf(id)).toBe(2);
    expect(envOf(id)).toMatchObject({ KEY: 'new' });
  });

  it('are not set when the disk takes nothing, and the answer says so', async () => {
    const { bench, set } = await open();
    const id = await bench.online();
    await set(id, { KEY: 'old' });
    await bench.fillDisk(id);
    await expect(bench.supervisor.changeSecrets(id, { KEY: 'new', MORE: 'x' })).rejects.toMatchObject({
      code: 'STORE_UNWRITABLE',
    });
    expect(bench.supervisor.secrets(id).map(({ name }) => name)).toEqual(['KEY']);
    await bench.freeDisk();
  });

  it('for plugin sources reach no agent', async () => {
    const { bench, set, envOf } = await open();
    await set(null, { KEEPWELL_GIT_TOKEN__GITHUB_COM: 'token' });
    const id = await bench.online();
    expect(Object.keys(envOf(id)).filter((name) => name.includes('GIT_TOKEN'))).toEqual([]);
    expect(bench.supervisor.sourceSecret('KEEPWELL_GIT_TOKEN__GITHUB_COM')).toBe('token');
  });

  it.each([
    ['a name of ours', 'KEEPWELL_TOKEN'],
    ['a name that no environment has', 'my-key'],
    ['a name that begins with a digit', '1KEY'],
    ['the search path', 'PATH'],
  ])('are refused under %s', async (_, name) => {
    const { bench } = await open();
    const id = await bench.online();
    await expect(bench.supervisor.changeSecrets(id, { [name]: 'v' })).rejects.toMatchObject({
      code: 'SECRET_NAME_INVALID',
    });
    await expect(bench.supervisor.changeSecrets(id, { UNKNOWN: null })).rejects.toMatchObject({
      code: 'SECRET_NOT_FOUND',
    });
  });

  it('are sealed at rest, before and after a new key, and go with their workspace', async () => {
    const { bench, set, envOf, rest } = await open();
    const id = await bench.online();
    await set(id, { KEY: 'planted-value' });
    await set(null, { ALL: 'planted-value' });
    const sealed = storedText(bench);
    expect(await bench.supervisor.rotateSecretKey()).toBe(2);
    const resealed = storedText(bench);
    expect(resealed).not.toEqual(sealed);
    expect(sealed + resealed).not.toContain('planted-value');
    await rest(id);
    expect(envOf(id)).toMatchObject({ KEY: 'planted-value', ALL: 'planted-value' });
    await bench.supervisor.remove(id, { purge: false });
    await bench.calm();
    expect(bench.store.secrets().map(({ name }) => name)).toEqual(['ALL']);
  });
});
