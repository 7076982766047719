import { beforeEach, describe, expect, it } from 'vitest';
import type { PluginDeclaration } from '../../machines/workspace/spec.ts';
import type { CachedPlugin, PluginCache, PluginSets, StagedPlugin } from '../../src/reconcile/ports.ts';

type Files = Record<string, string>;

/** One disk with a cache and the plugins of workspaces, and the places that plugins come from. */
export type PluginWorld = {
  /** Both as a supervisor opens them when it starts; what is on the disk is what the former ones left. */
  open(): { cache: PluginCache; sets: PluginSets };
  /** From now on the registry has these files under `local://<name>`; null for nothing. */
  offer(name: string, files: Files | null): Promise<void>;
  /** A source with revisions gets a further one, which its branch now is; these files on top of those before. */
  publish(name: string, files: Files): Promise<{ source: string; revision: string }>;
  /** The source does not answer any more. */
  takeDown(name: string): Promise<void>;
  /** Somebody changes the bytes of a cached plugin. */
  spoilCache(plugin: CachedPlugin): Promise<void>;
  /** Somebody removes everything from the cache. */
  emptyCache(): Promise<void>;
  /** An agent changes a plugin that it has, or removes its folder; or one of a set that is not in force. */
  spoil(workspaceId: string, name: string, how: 'changed' | 'removed', generation?: number): Promise<void>;
};

const W1 = '01contract000000000000000a';
const W2 = '01contract000000000000000b';
const never = new AbortController().signal;
const gone = AbortSignal.abort(new Error('nobody waits'));
const OPTIONS = { keep: [], signal: never };
const UNCHANGED = { changed: [], restartNeeded: false };
const EMPTY = { generation: 0, plugins: [], switches: [] };
const coded = (code: string) => expect.objectContaining({ code });
const local = (name: string, more: Partial<PluginDeclaration> = {}): PluginDeclaration => ({
  name,
  source: `local://${name}`,
  ...more,
});
const from = (plugin: CachedPlugin): StagedPlugin => ({ from: 'cache', plugin });
const stays = (name: string): StagedPlugin => ({ from: 'installed', name });

/** What the cache of plugins and the sets of plugins promise a reconcile, wherever they are. */
export const describePluginContract = (name: string, createWorld: () => Promise<PluginWorld>): void => {
  describe(`the plugins of ${name} keep the contract`, () => {
    let world: PluginWorld;
    let cache: PluginCache;
    let sets: PluginSets;

    beforeEach(async () => {
      world = await createWorld();
      ({ cache, sets } = world.open());
      for (const one of ['alpha', 'beta', 'gamma']) {
        await world.offer(one, { 'plugin.yaml': `name: ${one}\n`, 'tool.py': `${one}\n` });
      }
    });
    const fetched = (plugin: string) => cache.fetch(local(plugin), null, never);
    const stage = async (...names: string[]): Promise<number> => {
      const plugins: StagedPlugin[] = [];
      for (const one of names) plugins.push(from(await fetched(one)));
      return sets.stage(W1, plugins, { changed: names, restartNeeded: true }, never);
    };
    const install = async (...names: string[]): Promise<number> => {
      const generation = await stage(...names);
      await sets.activate(W1, generation, OPTIONS);
      return generation;
    };
    const namesOf = async (id = W1) => (await sets.installed(id)).plugins.map((one) => one.name);
    const read = async (plugin: string): Promise<string> => {
      const bytes: Uint8Array[] = [];
      for await (const chunk of (await sets.download(W1, plugin)).open()) bytes.push(chunk);
      return Buffer.concat(bytes).toString('base64');
    };

    describe('the cache', () => {
      it('says what a local source holds without fetching it, and what it holds now', async () => {
        const first = await cache.resolve(local('alpha'), never);
        expect(first).toEqual({ revision: null, treeHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
        expect(await cache.resolve(local('alpha'), never)).toEqual(first);
        await world.offer('alpha', { 'tool.py': 'other\n' });
        expect((await cache.resolve(local('alpha'), never)).treeHash).not.toBe(first.treeHash);
      });

      it('fetches what it resolved, and gives it again as it was', async () => {
        const plugin = await fetched('alpha');
        expect(plugin).toMatchObject({
          name: 'alpha',
          source: 'local://alpha',
          revision: null,
          treeHash: (await cache.resolve(local('alpha'), never)).treeHash,
          manifestHash: expect.stringMatching(/^[0-9a-f]{64}$/),
          runtimes: [],
          restart: 'auto',
        });
        expect(await fetched('alpha')).toEqual(plugin);
        expect(await world.open().cache.fetch(local('alpha'), null, never)).toEqual(plugin);
      });

      it('knows equal content by its hash, whatever it is called', async () => {
        const files = { 'tool.py': 'the same\n' };
        await world.offer('one', files);
        await world.offer('two', files);
        const [one, two] = [await fetched('one'), await fetched('two')];
        expect([one.name, two.name, one.manifestHash]).toEqual(['one', 'two', null]);
        expect(one.treeHash).toBe(two.treeHash);
      });

      it('tells a change of SKILL.md files alone from any other', async () => {
        const before = await fetched('alpha');
        const files = { 'plugin.yaml': 'name: alpha\n', 'tool.py': 'alpha\n' };
        await world.offer('alpha', { ...files, 'skills/x/SKILL.md': 'Read me.' });
        const withSkill = await fetched('alpha');
        expect(withSkill.treeHash).not.toBe(before.treeHash);
        expect(withSkill.coreHash).toBe(before.coreHash);
        await world.offer('alpha', { ...files, 'tool.py': 'changed\n' });
        expect((await fetched('alpha')).coreHash).not.toBe(before.coreHash);
      });

      it('says where nothing is', async () => {
        await world.offer('alpha', null);
        await expect(cache.resolve(local('alpha'), never)).rejects.toThrow(coded('PLUGIN_NOT_FOUND'));
        await expect(fetched('alpha')).rejects.toThrow(coded('PLUGIN_NOT_FOUND'));
      });

      it('refuses content with another hash than was declared', async () => {
        const { treeHash, manifestHash } = await fetched('alpha');
        for (const sha256 of [treeHash, manifestHash as string]) {
          expect(await cache.fetch(local('alpha', { sha256 }), null, never)).toMatchObject({ treeHash });
        }
        const wrong = local('alpha', { sha256: '0'.repeat(64) });
        await expect(cache.fetch(wrong, null, never)).rejects.toThrow(coded('PLUGIN_HASH_MISMATCH'));
      });

      it('fetches exactly the revision that is asked for, wherever its branch points by now', async () => {
        const first = await world.publish('tool', { 'tool.py': 'one' });
        const declaration = { name: 'tool', source: first.source };
        expect(await cache.resolve(declaration, never)).toEqual({ revision: first.revision, treeHash: null });
        const old = await cache.fetch(declaration, null, never);
        const second = await world.publish('tool', { 'tool.py': 'two' });
        expect(await cache.fetch(declaration, first.revision, never)).toEqual(old);
        const now = await cache.fetch(declaration, null, never);
        expect(now).toMatchObject({ name: 'tool', source: first.source, revision: second.revision });
        expect(now.treeHash).not.toBe(old.treeHash);
      });

      it('needs no source for a revision that it has, but does to learn what a branch is', async () => {
        const { source, revision } = await world.publish('tool', { 'tool.py': 'one' });
        const had = await cache.fetch({ name: 'tool', source }, null, never);
        await world.takeDown('tool');
        expect(await cache.fetch({ name: 'tool', source }, revision, never)).toEqual(had);
        await expect(cache.fetch({ name: 'tool', source }, null, never)).rejects.toThrow(
          coded('PLUGIN_NOT_FOUND'),
        );
      });

      it('verifies what it has, drops what is damaged, and fetches it again', async () => {
        const plugin = await fetched('alpha');
        await cache.verify(plugin, never);
        await world.spoilCache(plugin);
        await expect(cache.verify(plugin, never)).rejects.toThrow(coded('PLUGIN_CACHE_DAMAGED'));
        await expect(sets.stage(W1, [from(plugin)], UNCHANGED, never)).rejects.toThrow(
          coded('PLUGIN_CACHE_DAMAGED'),
        );
        expect(await fetched('alpha')).toEqual(plugin);
        await cache.verify(plugin, never);
      });

      it('gives up for who gives up, and for nobody else', async () => {
        const leaving = new AbortController();
        const [left, stayed] = [cache.fetch(local('alpha'), null, leaving.signal), fetched('alpha')];
        leaving.abort(new Error('left'));
        await expect(left).rejects.toThrow('left');
        expect(await stayed).toMatchObject({ name: 'alpha' });
        await expect(cache.resolve(local('beta'), gone)).rejects.toThrow('nobody waits');
        await expect(cache.fetch(local('beta'), null, gone)).rejects.toThrow('nobody waits');
      });
    });

    describe('a set', () => {
      it('is none before any was installed', async () => {
        expect(await sets.installed(W1)).toEqual(EMPTY);
        expect(await sets.generationInForce(W1)).toBe(0);
        expect(await sets.history(W1)).toEqual([]);
      });

      it('is seen by nobody until it is put in force, and then whole', async () => {
        expect(await stage('alpha', 'beta')).toBe(1);
        expect(await sets.installed(W1)).toEqual(EMPTY);
        expect(await sets.generationInForce(W1)).toBe(0);
        await sets.activate(W1, 1, OPTIONS);
        const { runtimes: _, ...recorded } = await fetched('alpha');
        const { plugins, ...rest } = await sets.installed(W1);
        expect(plugins[0]).toEqual({ ...recorded, actualHash: recorded.treeHash });
        expect(plugins.map((one) => one.name)).toEqual(['alpha', 'beta']);
        expect(rest).toEqual({
          generation: 1,
          switches: [{ generation: 1, changed: ['alpha', 'beta'], restartNeeded: true }],
        });
        expect(await sets.installed(W2)).toEqual(EMPTY);
      });

      it('keeps what it was when the source has something else by now', async () => {
        await install('alpha');
        const before = await sets.installed(W1);
        await world.offer('alpha', { 'tool.py': 'newer\n' });
        await fetched('alpha');
        expect(await sets.installed(W1)).toEqual(before);
      });

      it('carries over what stays, with or without the cache', async () => {
        await install('alpha', 'beta');
        const [alpha] = (await sets.installed(W1)).plugins;
        const next = [stays('alpha'), from(await fetched('gamma'))];
        const change = { changed: ['beta', 'gamma'], restartNeeded: false };
        await sets.activate(W1, await sets.stage(W1, next, change, never), OPTIONS);
        await world.emptyCache();
        await sets.activate(W1, await sets.stage(W1, [stays('alpha')], UNCHANGED, never), OPTIONS);
        const { generation, plugins, switches } = await sets.installed(W1);
        expect(plugins).toEqual([alpha]);
        expect(switches.map(({ generation: number, changed }) => [number, changed])).toEqual([
          [1, ['alpha', 'beta']],
          [2, ['beta', 'gamma']],
          [generation, []],
        ]);
      });

      it('cannot have a plugin twice, or carry over one that is not there', async () => {
        const alpha = from(await fetched('alpha'));
        await expect(sets.stage(W1, [alpha, alpha], UNCHANGED, never)).rejects.toThrow(
          coded('PLUGIN_DUPLICATE'),
        );
        await expect(sets.stage(W1, [stays('alpha')], UNCHANGED, never)).rejects.toThrow(
          coded('PLUGIN_NOT_FOUND'),
        );
        expect(await sets.history(W1)).toEqual([]);
      });

      it('may be empty on purpose', async () => {
        await install('alpha');
        const generation = await install();
        expect(await sets.installed(W1)).toMatchObject({ generation, plugins: [] });
      });

      it('notices what an agent does to its plugins, and which', async () => {
        await install('alpha', 'beta');
        await world.spoil(W1, 'alpha', 'changed');
        const [alpha, beta] = (await sets.installed(W1)).plugins;
        expect(alpha?.actualHash).toMatch(/^[0-9a-f]{64}$/);
        expect(alpha?.actualHash).not.toBe(alpha?.treeHash);
        expect(beta?.actualHash).toBe(beta?.treeHash);
        await world.spoil(W1, 'beta', 'removed');
        expect((await sets.installed(W1)).plugins[1]).toMatchObject({ name: 'beta', actualHash: null });
      });

      it('is built once when it is asked for twice', async () => {
        await install('alpha');
        expect(await stage('alpha', 'beta')).toBe(2);
        expect(await stage('alpha', 'beta')).toBe(2);
        expect(await stage('gamma')).toBe(3);
        expect((await sets.history(W1)).map(({ generation }) => generation)).toEqual([3, 2, 1]);
      });

      it('is built anew when its bytes were changed before it was put in force', async () => {
        await install('alpha');
        const spoilt = await stage('beta');
        await world.spoil(W1, 'beta', 'changed', spoilt);
        const generation = await stage('beta');
        expect(generation).toBe(spoilt + 1);
        await sets.activate(W1, generation, OPTIONS);
        const [beta] = (await sets.installed(W1)).plugins;
        expect(beta?.actualHash).toBe(beta?.treeHash);
      });

      it('that was staged when the supervisor died is there for the next one, and not in force', async () => {
        await install('alpha');
        const staged = await stage('beta');
        ({ cache, sets } = world.open());
        expect(await namesOf()).toEqual(['alpha']);
        expect(await stage('beta')).toBe(staged);
        await sets.activate(W1, staged, OPTIONS);
        expect(await namesOf()).toEqual(['beta']);
        expect(await sets.installed(W1)).toEqual(await world.open().sets.installed(W1));
      });

      it('is not built for who has given up, and not put in force either', async () => {
        const plugins = [from(await fetched('alpha'))];
        await expect(sets.stage(W1, plugins, UNCHANGED, gone)).rejects.toThrow('nobody waits');
        expect(await sets.history(W1)).toEqual([]);
        const generation = await stage('alpha');
        const given = { keep: [], signal: gone };
        await expect(sets.activate(W1, generation, given)).rejects.toThrow('nobody waits');
        expect(await sets.generationInForce(W1)).toBe(0);
      });
    });

    describe('a switch', () => {
      it('is harmless a second time', async () => {
        await install('alpha');
        const before = await sets.installed(W1);
        await sets.activate(W1, 1, OPTIONS);
        expect(await sets.installed(W1)).toEqual(before);
      });

      it('is refused to a set that is not there', async () => {
        await install('alpha');
        await expect(sets.activate(W1, 2, OPTIONS)).rejects.toThrow(coded('PLUGIN_GENERATION_NOT_FOUND'));
        expect(await sets.generationInForce(W1)).toBe(1);
      });

      it('keeps the latest five sets, the one before it, and those that are needed', async () => {
        await install('alpha');
        for (let round = 2; round <= 7; round += 1) {
          await sets.activate(W1, await stage(round % 2 === 0 ? 'beta' : 'alpha'), {
            keep: [1],
            signal: never,
          });
        }
        const generations = async () => (await sets.history(W1)).map(({ generation }) => generation);
        expect(await generations()).toEqual([7, 6, 5, 4, 3, 1]);
        await sets.activate(W1, 3, OPTIONS);
        expect(await generations()).toEqual([7, 6, 5, 4, 3]);
        expect(await stage('gamma')).toBe(8);
      });

      it('of several that are asked for together leaves the last one in force', async () => {
        const [first, second, third] = [await stage('alpha'), await stage('beta'), await stage('gamma')];
        await Promise.all([third, first, second].map((generation) => sets.activate(W1, generation, OPTIONS)));
        expect(await namesOf()).toEqual(['beta']);
      });
    });

    describe('going back', () => {
      it('is a new generation with the old plugins, and says what content is no longer in force', async () => {
        await install('alpha', 'beta');
        const before = (await sets.installed(W1)).plugins;
        await install('alpha', 'gamma');
        const { source, revision, treeHash } = await fetched('gamma');
        const back = await sets.restore(W1, 1, OPTIONS);
        expect(back).toEqual({ generation: 3, changed: [{ name: 'gamma', source, revision, treeHash }] });
        const { plugins, switches } = await sets.installed(W1);
        expect(plugins).toEqual(before);
        expect(switches.at(-1)).toEqual({ generation: 3, changed: ['gamma', 'beta'], restartNeeded: true });
        expect(await sets.history(W1)).toMatchObject([
          { generation: 3, restoredFrom: 1, inForce: true, changed: ['gamma', 'beta'] },
          { generation: 2, restoredFrom: null, inForce: false },
          { generation: 1, restoredFrom: null, inForce: false, changed: ['alpha', 'beta'] },
        ]);
      });

      it('gives the same answer a second time, also to the next supervisor', async () => {
        await install('alpha');
        await install('beta');
        const back = await sets.restore(W1, 1, OPTIONS);
        expect(await sets.restore(W1, 1, OPTIONS)).toEqual(back);
        expect(await world.open().sets.restore(W1, 1, OPTIONS)).toEqual(back);
        expect(await sets.history(W1)).toHaveLength(3);
      });

      it('may be to nothing, and is refused to what is not there', async () => {
        await install('alpha');
        expect(await sets.restore(W1, 0, OPTIONS)).toMatchObject({
          generation: 2,
          changed: [{ name: 'alpha' }],
        });
        expect(await namesOf()).toEqual([]);
        await expect(sets.restore(W1, 9, OPTIONS)).rejects.toThrow(coded('PLUGIN_GENERATION_NOT_FOUND'));
        expect(await sets.generationInForce(W1)).toBe(2);
      });

      it('takes lost bytes from the cache, and is refused when they are nowhere', async () => {
        await install('alpha');
        await world.spoil(W1, 'alpha', 'changed');
        await install('beta');
        const alpha = await fetched('alpha');
        await sets.restore(W1, 1, OPTIONS);
        expect((await sets.installed(W1)).plugins).toMatchObject([
          { name: 'alpha', actualHash: alpha.treeHash },
        ]);
        await install('beta');
        await world.emptyCache();
        await expect(sets.restore(W1, 1, OPTIONS)).rejects.toThrow(coded('PLUGIN_CACHE_DAMAGED'));
        expect(await namesOf()).toEqual(['beta']);
      });
    });

    describe('a download', () => {
      it('is the same bytes for the same content, and other bytes for other content', async () => {
        await install('alpha', 'beta');
        expect(await read('alpha')).toBe(await read('alpha'));
        expect(await read('alpha')).not.toBe(await read('beta'));
        expect((await sets.download(W1, 'alpha')).treeHash).toBe((await fetched('alpha')).treeHash);
      });

      it('comes from the cache when an agent changed what it has, and is refused for what is not there', async () => {
        await install('alpha');
        const before = await read('alpha');
        await world.spoil(W1, 'alpha', 'changed');
        expect(await read('alpha')).toBe(before);
        await expect(sets.download(W1, 'beta')).rejects.toThrow(coded('PLUGIN_NOT_INSTALLED'));
        await world.emptyCache();
        await expect(sets.download(W1, 'alpha')).rejects.toThrow(coded('PLUGIN_NOT_INSTALLED'));
      });
    });
  });
};
