import { describe, expect, it } from 'vitest';
import { dataFolders } from '../../src/folders.ts';
import { type Bench, openBench } from './bench.ts';

const CARD = { url: null, agentCard: null };

/** What may not become a name or a path. */
const NOT_NAMES = [
  '../../elsewhere',
  '..',
  '.',
  '/etc',
  'a/b',
  'a\\b',
  'a.b',
  'My-Agent',
  'my_agent',
  '-agent',
  'agent\0',
  'agent\n',
  'ägent',
  'a'.repeat(64),
];

/** A first try while the disk takes nothing; then there is space again. */
const refusedByDisk = async (bench: Bench, id: string): Promise<void> => {
  await bench.fillDisk(id);
  const refused = expect(bench.supervisor.register(id, null, CARD)).rejects.toMatchObject({
    code: 'STORE_UNWRITABLE',
  });
  await bench.retryWriting();
  await refused;
  await bench.freeDisk();
};

/** The agent is online on disk when the disk is full all of a sudden. */
const refusedByDiskAtLast = async (bench: Bench, id: string): Promise<void> => {
  const stop = bench.store.onJournal(() => {
    stop();
    void bench.fillDisk(id);
  });
  await expect(bench.supervisor.register(id, null, CARD)).rejects.toMatchObject({
    code: 'STORE_UNWRITABLE',
  });
  await bench.freeDisk();
};

describe('open enrolment', () => {
  it.each(NOT_NAMES)('makes no workspace for an agent that calls itself %j', async (id) => {
    const bench = await openBench({ enrolment: 'open' });
    await expect(bench.supervisor.register(id, null, CARD)).rejects.toMatchObject({
      code: 'WORKSPACE_NOT_FOUND',
    });
    expect(bench.store.load()).toEqual([]);
  });

  it('makes no new workspace of one that was removed, also after a restart', async () => {
    const bench = await openBench({ enrolment: 'open' });
    await bench.supervisor.register('agent-7', null, CARD);
    await bench.supervisor.remove('agent-7', { purge: true });
    await bench.calm();
    const refused = { code: 'WORKSPACE_REMOVED' };
    await expect(bench.supervisor.register('agent-7', null, CARD)).rejects.toMatchObject(refused);
    await bench.restartSupervisor();
    await expect(bench.supervisor.register('agent-7', null, CARD)).rejects.toMatchObject(refused);
    expect(bench.store.load()).toEqual([]);
  });

  it('takes an agent whose id is a name, gives it a token once, and lets that token in', async () => {
    const bench = await openBench({ enrolment: 'open' });
    const { authToken } = await bench.supervisor.register('agent-7', null, CARD);
    expect(bench.supervisor.identify(authToken ?? '')).toMatchObject({ workspaceId: 'agent-7' });
    expect(bench.view('agent-7').spec.name).toBe('agent-7');
    await expect(bench.supervisor.register('agent-7', null, CARD)).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    });
  });

  it('gives one token when two agents ask for it at once', async () => {
    const bench = await openBench({ enrolment: 'open' });
    const id = await bench.create({ runtime: 'external', command: [] });
    const both = await Promise.allSettled([1, 2].map(() => bench.supervisor.register(id, null, CARD)));
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(both[1]).toMatchObject({ reason: { code: 'UNAUTHORIZED' } });
  });

  const AFTERWARDS: Record<string, (bench: Bench) => Promise<void>> = {
    'at once': async () => {},
    'after a restart of the supervisor': (bench) => bench.restartSupervisor(),
  };

  describe.each(Object.entries(AFTERWARDS))('that met a full disk can be repeated %s', (_, meanwhile) => {
    it.each([
      ['with its first commit', refusedByDisk],
      ['with its token', refusedByDiskAtLast],
    ])('(%s)', async (__, refused) => {
      const bench = await openBench({ enrolment: 'open' });
      const id = await bench.create({ runtime: 'external', command: [] });
      await refused(bench, id);
      await meanwhile(bench);
      const { authToken } = await bench.supervisor.register(id, null, CARD);
      expect(bench.supervisor.identify(authToken ?? '')).toMatchObject({ workspaceId: id });
    });
  });

  it('leaves nothing behind of an agent that the disk had no room for', async () => {
    const bench = await openBench({ enrolment: 'open' });
    await bench.fillDisk(await bench.create());
    await expect(bench.supervisor.register('agent-7', null, CARD)).rejects.toMatchObject({
      code: 'STORE_UNWRITABLE',
    });
    await bench.freeDisk();
    const { authToken } = await bench.supervisor.register('agent-7', null, CARD);
    expect(bench.supervisor.identify(authToken ?? '')).toMatchObject({ workspaceId: 'agent-7' });
  });
});

describe('a data folder', () => {
  it.each(NOT_NAMES)('has no place for a workspace called %j', (id) => {
    expect(() => dataFolders('/data').workspace(id)).toThrow('not a workspace id');
  });

  it('keeps all of a workspace under a folder of its own', () => {
    expect(dataFolders('/data').workspace('01kb-agent').configs).toBe('/data/workspaces/01kb-agent/configs');
  });
});
