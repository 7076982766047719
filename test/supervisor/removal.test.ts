import { describe, expect, it } from 'vitest';
import { aSpec } from '../store/support.ts';
import { type Bench, openBench } from './bench.ts';

const REMOVED = expect.objectContaining({ code: 'WORKSPACE_REMOVED' });

/** The instance is gone, and the last of the removal comes to a disk that takes nothing. */
const openWithLastCommitRefused = async () => {
  const bench = await openBench();
  const id = await bench.online({ name: 'demo' });
  const other = await bench.online();
  bench.instances.doors.stop.shut();
  await bench.supervisor.remove(id, { purge: false });
  await bench.calm();
  await bench.fillDisk(other);
  bench.instances.doors.stop.open();
  await bench.calm();
  await bench.retryWriting();
  return { bench, id };
};

const names = (bench: Bench): string[] =>
  bench.supervisor.list({ after: null, limit: 100, status: null }).map(({ spec }) => spec.name);

describe('a removal whose last commit meets a full disk', () => {
  it('is not complete as long as the disk takes nothing', async () => {
    const { bench, id } = await openWithLastCommitRefused();
    expect(bench.view(id)).toMatchObject({ status: 'removed' });
    await expect(bench.create({ name: 'demo' })).rejects.toMatchObject({ code: 'WORKSPACE_EXISTS' });
    expect(names(bench)).toContain('demo');
  });

  it('is finished when the disk has space: gone for everybody, and its name is free', async () => {
    const { bench, id } = await openWithLastCommitRefused();
    await bench.freeDisk();
    expect(() => bench.view(id)).toThrow(REMOVED);
    await expect(bench.supervisor.act(id, 'restart')).rejects.toEqual(REMOVED);
    expect(names(bench)).not.toContain('demo');
    expect(bench.view(await bench.create({ name: 'demo' })).status).toBe('provisioning');
    expect(bench.store.isRemoved(id)).toBe(true);
  });

  it('is finished by the next supervisor when this one ends before', async () => {
    const { bench, id } = await openWithLastCommitRefused();
    await bench.restartSupervisor();
    expect(() => bench.view(id)).toThrow(REMOVED);
    expect(bench.view(await bench.create({ name: 'demo' })).status).toBe('provisioning');
  });
});

describe('the token of an agent', () => {
  it('is worth nothing once its workspace is removed', async () => {
    const bench = await openBench();
    const spec = aSpec('demo', { runtime: 'external', command: [] });
    const { view, authToken } = await bench.supervisor.create(spec, null);
    expect(bench.supervisor.identify(authToken ?? '')).toMatchObject({ workspaceId: view.id });
    await bench.supervisor.remove(view.id, { purge: false });
    await bench.calm();
    expect(bench.supervisor.identify(authToken ?? '')).toBeNull();
  });
});

describe('the agent of a workspace that is being removed', () => {
  it('is told so from the moment it is asked for, not only when all is gone', async () => {
    const bench = await openBench();
    const id = await bench.online();
    bench.instances.doors.stop.shut();
    await bench.supervisor.remove(id, { purge: false });
    expect(bench.view(id).state).toBe('removing');
    await expect(bench.beat(id)).rejects.toEqual(REMOVED);
    const card = { url: null, agentCard: null };
    await expect(bench.supervisor.register(id, { kind: 'admin' }, card)).rejects.toEqual(REMOVED);
    bench.instances.doors.stop.open();
    await bench.calm();
    await expect(bench.beat(id)).rejects.toEqual(REMOVED);
  });
});

describe('a removal that begins on a full disk', () => {
  it('stops nothing before it is on disk, and is carried out then', async () => {
    const bench = await openBench();
    const id = await bench.online({ name: 'demo' });
    await bench.fillDisk(id);
    const refused = expect(bench.supervisor.remove(id, { purge: false })).rejects.toMatchObject({
      code: 'STORE_UNWRITABLE',
    });
    await bench.retryWriting();
    await refused;
    expect(bench.instances.runningOf(id)).toBe(1);
    await bench.freeDisk();
    expect(bench.instances.runningOf(id)).toBe(null);
    expect(() => bench.view(id)).toThrow(REMOVED);
    expect(bench.view(await bench.create({ name: 'demo' })).status).toBe('provisioning');
  });
});
