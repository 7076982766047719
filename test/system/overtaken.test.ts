import { describe, expect, it } from 'vitest';
import { behind, createDoor, isConverged } from './in-process.ts';
import { IDLE, openForTest } from './played-agents.ts';
import { type Answer, eventually } from './program.ts';

describe('a reconcile that was overtaken by a change of the spec', () => {
  it('switches nothing any more, however late it comes to it', async () => {
    const door = createDoor();
    const { program, create, beat } = await openForTest({ around: { sets: behind(door, 'activate') } });
    const { api } = program;
    const { id } = await create({ name: 'demo', command: IDLE, plugins: ['local://seo-all'] });
    door.shut();
    await eventually('a set being about to be switched to', async () => {
      await beat(id);
      return door.isWaitedAt();
    });
    door.letOthersPass();
    await api.request('PUT', `/workspaces/${id}/plugins/declared`, { plugins: [], allow_empty: true });
    const before = await eventually('the change being in place', async () => {
      const view = await api.view(id);
      return isConverged(view) && view.observed_generation === view.generation ? view : null;
    });
    door.open();
    // What goes in turn after it has seen what it did.
    const { installed } = await api.get(`/workspaces/${id}/plugins`);
    expect(installed).toMatchObject({ generation: 0, plugins: [] });
    expect(await api.view(id)).toMatchObject({ incarnation: before.incarnation, plugins: { declared: 0 } });
    const switched = (await api.history(id)).filter(({ event }: Answer) => event === 'plugins.switched');
    expect(switched).toEqual([]);
  });
});
