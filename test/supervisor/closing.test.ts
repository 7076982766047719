import { describe, expect, it } from 'vitest';
import { aSpec } from '../store/support.ts';
import { type Bench, openBench } from './bench.ts';
import { HEALTHY_BEAT } from './healthy-beat.ts';

const NOT_READY = { code: 'NOT_READY' };
const CARD = { url: null, agentCard: { name: 'late' } };

const REQUESTS: Record<string, (bench: Bench, id: string) => Promise<unknown>> = {
  'a pause': ({ supervisor }, id) => supervisor.act(id, 'pause'),
  'a restart': ({ supervisor }, id) => supervisor.act(id, 'restart'),
  'a change of the spec': (bench, id) =>
    bench.supervisor.change(id, { ...bench.view(id).spec, role: 'late' }, null),
  'a removal': ({ supervisor }, id) => supervisor.remove(id, { purge: false }),
  'a new workspace': ({ supervisor }) => supervisor.create(aSpec('late'), null),
  'a register': ({ supervisor }, id) => supervisor.register(id, { kind: 'admin' }, CARD),
  'an enrolment': ({ supervisor }) => supervisor.register('late', null, CARD),
  'a beat that would move something': async ({ supervisor }, id) =>
    supervisor.beat(id, null, { ...HEALTHY_BEAT, errorRate: 1 }),
};

describe('a supervisor that has stopped deciding', () => {
  it.each(Object.entries(REQUESTS))('refuses %s, and nothing of it is there afterwards', async (_, ask) => {
    const bench = await openBench({ enrolment: 'open' });
    const id = await bench.online();
    const before = { view: bench.view(id), rows: bench.journal(id).length, done: [...bench.instances.done] };
    await bench.supervisor.close();
    await expect(ask(bench, id)).rejects.toMatchObject(NOT_READY);
    await bench.calm();

    expect(bench.instances.done).toEqual(before.done);
    expect(bench.journal(id)).toHaveLength(before.rows);
    await bench.restartSupervisor();
    const { spec, generation, agentCard, incarnation, status } = before.view;
    expect(bench.view(id)).toMatchObject({ spec, generation, agentCard, incarnation, status });
    expect(bench.store.load().map(({ workspaceId }) => workspaceId)).toEqual([id]);
  });

  it('begins nothing for a workspace that came to disk while it stopped; the next supervisor does', async () => {
    const bench = await openBench();
    const creating = bench.supervisor.create(aSpec('late'), null);
    await bench.supervisor.close();
    const { view } = await creating;
    await bench.calm();
    expect(bench.instances.done).toEqual([]);
    await bench.restartSupervisor();
    expect(bench.instances.done).toEqual([`start ${view.id}/1`]);
  });

  it('says that it is not ready', async () => {
    const bench = await openBench();
    expect(bench.supervisor.health().ready).toBe(true);
    await bench.supervisor.close();
    expect(bench.supervisor.health()).toMatchObject({
      ready: false,
      problems: ['The supervisor is stopping.'],
    });
  });
});
