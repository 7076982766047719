import { expect, it } from 'vitest';
import type { Life } from '../../src/testing/memory/life.ts';
import {
  createMemoryPlugins,
  createMemoryShelf,
  createPluginSources,
  pluginContent,
  spoil,
} from '../../src/testing/memory/memory-plugins.ts';
import { describePluginContract } from './contract.ts';

const SPOILT = pluginContent({ 'tool.py': 'spoilt\n' });

describePluginContract('memory', async () => {
  const shelf = createMemoryShelf();
  const sources = createPluginSources();
  const published = new Map<string, Record<string, string>>();
  const address = (name: string) => `git+https://example.org/${name}#main`;
  return {
    open: () => createMemoryPlugins(shelf, sources),
    async offer(name, files) {
      if (files === null) sources.withdraw(`local://${name}`);
      else sources.offer(`local://${name}`, files);
    },
    async publish(name, files) {
      const all = { ...published.get(name), ...files };
      published.set(name, all);
      sources.offer(address(name), all);
      return { source: address(name), revision: sources.latest(address(name))?.revision ?? '' };
    },
    takeDown: async (name) => sources.withdraw(address(name)),
    async spoilCache({ treeHash }) {
      shelf.trees.set(treeHash, SPOILT);
    },
    emptyCache: async () => shelf.trees.clear(),
    spoil: async (workspaceId, name, how, generation) =>
      spoil(shelf, workspaceId, name, how === 'removed' ? null : SPOILT, generation),
  };
});

const never = new AbortController().signal;
const OPTIONS = { keep: [], signal: never };

/** A life that ends at a boundary, over a shelf on which `old` is installed. */
const openDying = async (diesAt: string) => {
  const shelf = createMemoryShelf();
  const sources = createPluginSources({ otherwise: (source) => pluginContent({ source }) });
  const install = async ({ cache, sets }: ReturnType<typeof createMemoryPlugins>, name: string) => {
    const plugin = await cache.fetch({ name, source: `local://${name}` }, null, never);
    const change = { changed: [name], restartNeeded: true };
    const generation = await sets.stage('w1', [{ from: 'cache', plugin }], change, never);
    await sets.activate('w1', generation, OPTIONS);
  };
  await install(createMemoryPlugins(shelf, sources), 'old');
  let over = false;
  const life: Life = { step: (what) => void (over ||= what === diesAt), isOver: () => over };
  return { shelf, sources, install, dying: createMemoryPlugins(shelf, sources, { life }) };
};

it.each([
  ['plugins.fetch', ['old'], 1],
  ['plugins.store', ['old'], 1],
  ['plugins.stored', ['old'], 1],
  ['sets.build', ['old'], 1],
  ['sets.staged', ['old'], 2],
  ['sets.switch', ['old'], 2],
  ['sets.switched', ['new'], 2],
])(
  'a life that ends at %s leaves one whole set in force, and the next life brings the new one',
  async (diesAt, names, staged) => {
    const { shelf, sources, install, dying } = await openDying(diesAt);
    const answered: unknown[] = [];
    install(dying, 'new').then(
      () => answered.push('done'),
      (error: unknown) => answered.push(error),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toEqual([]);

    const next = createMemoryPlugins(shelf, sources);
    const { plugins } = await next.sets.installed('w1');
    expect(plugins.map(({ name }) => name)).toEqual(names);
    expect(plugins.every(({ actualHash, treeHash }) => actualHash === treeHash)).toBe(true);
    expect(await next.sets.history('w1')).toHaveLength(staged);
    if (names.includes('new')) return;
    await install(next, 'new');
    expect(await next.sets.installed('w1')).toMatchObject({ generation: 2, plugins: [{ name: 'new' }] });
  },
);

it('asks a slow source once for all who wait for it, until the last has left', async () => {
  const shelf = createMemoryShelf();
  const sources = createPluginSources({ otherwise: (source) => pluginContent({ source }) });
  const answers: (() => void)[] = [];
  const life: Life = {
    step: (what) =>
      what === 'plugins.fetch' ? new Promise<void>((resolve) => answers.push(resolve)) : undefined,
    isOver: () => false,
  };
  const { cache } = createMemoryPlugins(shelf, sources, { life });
  const leaving = new AbortController();
  const fetch = (signal: AbortSignal) => cache.fetch({ name: 'tool', source: 'local://tool' }, null, signal);
  const [left, stayed] = [fetch(leaving.signal), fetch(never)];
  leaving.abort(new Error('left'));
  await expect(left).rejects.toThrow('left');
  expect(answers).toHaveLength(1);
  answers[0]?.();
  expect(await stayed).toMatchObject({ name: 'tool' });

  const last = new AbortController();
  const nobody = fetch(last.signal);
  last.abort(new Error('left'));
  await expect(nobody).rejects.toThrow('left');
  shelf.trees.clear();
  answers[1]?.();
  await new Promise((resolve) => setImmediate(resolve));
  expect(shelf.trees.size).toBe(0);
});
