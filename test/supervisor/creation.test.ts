import { describe, expect, it } from 'vitest';
import { aSpec } from '../store/support.ts';
import { openBench } from './bench.ts';

const declared = (...names: string[]) => names.map((name) => ({ name, source: `local://${name}` }));

describe('a new workspace', () => {
  it('is on disk with its plugins, in one write, before anything is started', async () => {
    const bench = await openBench();
    const seen: unknown[] = [];
    const stop = bench.store.onJournal(() => {
      stop();
      const [row] = bench.store.load();
      seen.push({ plugins: row?.spec.plugins.map(({ name }) => name), begun: [...bench.instances.done] });
    });
    await bench.create({ plugins: declared('a', 'b', 'c') });
    expect(seen).toEqual([{ plugins: ['a', 'b', 'c'], begun: [] }]);
    expect(bench.instances.done).toHaveLength(1);
  });

  it('gets all its plugins with one restart', async () => {
    const bench = await openBench();
    const id = await bench.online({ plugins: declared('a', 'b', 'c') });
    expect(bench.view(id)).toMatchObject({ incarnation: 2, restarts: 1, plugins: { installed: 3 } });
    expect(bench.plugins.inForceOf(id)).toEqual(['a@1', 'b@1', 'c@1']);
  });

  it('that the disk had no room for was never there, and nothing of it was started', async () => {
    const bench = await openBench();
    const other = await bench.online();
    const done = [...bench.instances.done];
    await bench.fillDisk(other);
    const creating = bench.supervisor.create(aSpec('late', { plugins: declared('a') }), null);
    await expect(creating).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    await bench.freeDisk();
    expect(bench.instances.done).toEqual(done);
    expect(bench.supervisor.list({ after: null, limit: 9, status: null }).map(({ id }) => id)).toEqual([
      other,
    ]);
    expect(bench.view(await bench.create({ name: 'late' })).status).toBe('provisioning');
  });
});
