import {
  chmod,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { treeOf } from './support/caches.ts';
import { never, scratch, write } from './support/scratch.ts';
import { dataFolder, NOTHING, WORKSPACE } from './support/workspaces.ts';

const coded = (code: string) => expect.objectContaining({ code });
const EMPTY = { generation: 0, plugins: [], switches: [] };

describe('the plugins of a workspace', () => {
  it('are none before any were installed', async () => {
    const { sets } = await dataFolder();
    expect(await sets.installed(WORKSPACE)).toEqual(EMPTY);
    expect(await sets.installed('no-such-workspace')).toEqual(EMPTY);
  });

  it('are there, whole and verified, once a set was staged and activated', async () => {
    const { configs, cached, install, sets, link } = await dataFolder();
    expect(await install('alpha', 'beta')).toBe(1);
    expect(await link()).toBe('.plugins/1');
    expect(await readFile(join(configs, 'plugins/alpha/lib/tool.py'), 'utf8')).toBe('alpha\n');
    const alpha = await cached('alpha');
    const { generation, plugins, switches } = await sets.installed(WORKSPACE);
    expect(generation).toBe(1);
    expect(plugins.map(({ name }) => name)).toEqual(['alpha', 'beta']);
    const { runtimes: _, ...recorded } = alpha.from === 'cache' ? alpha.plugin : { runtimes: [] };
    expect(plugins[0]).toEqual({ ...recorded, actualHash: plugins[0]?.treeHash });
    expect(switches).toEqual([{ generation: 1, changed: ['alpha', 'beta'], restartNeeded: true }]);
  });

  it('are not visible before they are activated', async () => {
    const { configs, sets, cached } = await dataFolder();
    await sets.stage(WORKSPACE, [await cached('alpha')], NOTHING, never);
    await expect(lstat(join(configs, 'plugins'))).rejects.toThrow('ENOENT');
    expect(await sets.installed(WORKSPACE)).toEqual(EMPTY);
  });

  it('may be none on purpose', async () => {
    const { sets, install } = await dataFolder();
    await install('alpha');
    const generation = await install();
    expect(await sets.installed(WORKSPACE)).toMatchObject({ generation, plugins: [] });
  });

  it('are reached by a link that holds wherever the folder is mounted', async () => {
    const { configs, install } = await dataFolder();
    await install('alpha');
    const elsewhere = join(await scratch(), 'mounted');
    await cp(configs, elsewhere, { recursive: true, verbatimSymlinks: true });
    await rm(configs, { recursive: true });
    expect(await readFile(join(elsewhere, 'plugins/alpha/lib/tool.py'), 'utf8')).toBe('alpha\n');
  });

  it('share no file with the cache that a write could reach', async () => {
    const { home, configs, install, sets } = await dataFolder();
    await install('alpha');
    const installed = join(configs, 'plugins/alpha/lib/tool.py');
    const [plugin] = (await sets.installed(WORKSPACE)).plugins;
    const cached = join(treeOf(home, plugin?.treeHash ?? ''), 'lib/tool.py');
    expect((await stat(installed)).ino).not.toBe((await stat(cached)).ino);
    await chmod(installed, 0o644);
    await writeFile(installed, 'changed');
    expect(await readFile(cached, 'utf8')).toBe('alpha\n');
  });

  it('keep what is carried over and take what is new', async () => {
    const { sets, cached, install, configs } = await dataFolder();
    await install('alpha', 'beta');
    const before = await sets.installed(WORKSPACE);
    const plugins = [{ from: 'installed' as const, name: 'alpha' }, await cached('gamma')];
    const generation = await sets.stage(
      WORKSPACE,
      plugins,
      { changed: ['beta', 'gamma'], restartNeeded: false },
      never,
    );
    await sets.activate(WORKSPACE, generation, { keep: [], signal: never });
    const after = await sets.installed(WORKSPACE);
    expect(after.plugins.map(({ name }) => name)).toEqual(['alpha', 'gamma']);
    expect(after.plugins[0]).toEqual(before.plugins[0]);
    expect(after.switches).toEqual([
      { generation: 1, changed: ['alpha', 'beta'], restartNeeded: true },
      { generation: 2, changed: ['beta', 'gamma'], restartNeeded: false },
    ]);
    expect((await readdir(join(configs, 'plugins'))).sort()).toEqual(['alpha', 'gamma']);
  });

  it('are carried over without the cache', async () => {
    const { home, sets, install } = await dataFolder();
    await install('alpha');
    await rm(join(home, 'cache'), { recursive: true });
    const generation = await sets.stage(WORKSPACE, [{ from: 'installed', name: 'alpha' }], NOTHING, never);
    await sets.activate(WORKSPACE, generation, { keep: [], signal: never });
    const [plugin] = (await sets.installed(WORKSPACE)).plugins;
    expect(plugin?.actualHash).toBe(plugin?.treeHash);
  });

  it('are carried over without what an agent put among them', async () => {
    const { home, sets, install, configs } = await dataFolder();
    await install('alpha');
    await rm(join(home, 'cache'), { recursive: true });
    await symlink('/etc/passwd', join(configs, 'plugins/alpha/lib/leak'));
    await write(join(configs, 'plugins/own'), { x: '' });
    const generation = await sets.stage(WORKSPACE, [{ from: 'installed', name: 'alpha' }], NOTHING, never);
    await sets.activate(WORKSPACE, generation, { keep: [], signal: never });
    expect(await readdir(join(configs, 'plugins'))).toEqual(['alpha']);
    expect(await readdir(join(configs, 'plugins/alpha/lib'))).toEqual(['tool.py']);
  });

  it('notice every change of their bytes', async () => {
    const { sets, install, configs } = await dataFolder();
    for (const spoil of [
      (plugin: string) => rm(join(plugin, 'lib/tool.py')),
      (plugin: string) => writeFile(join(plugin, 'more.py'), ''),
      (plugin: string) => symlink('/etc/passwd', join(plugin, 'link')),
      (plugin: string) => chmod(join(plugin, 'lib/tool.py'), 0o755),
      async (plugin: string) => {
        const file = join(plugin, 'lib/tool.py');
        const { atime, mtime } = await stat(file);
        await chmod(file, 0o644);
        await writeFile(file, 'ALPHA\n');
        await utimes(file, atime, mtime);
      },
    ]) {
      await install('alpha', 'beta');
      await spoil(join(configs, 'plugins/alpha'));
      const [alpha, beta] = (await sets.installed(WORKSPACE)).plugins;
      expect(alpha?.actualHash).toMatch(/^[0-9a-f]{64}$/);
      expect(alpha?.actualHash).not.toBe(alpha?.treeHash);
      expect(beta?.actualHash).toBe(beta?.treeHash);
    }
  });

  it('notice that a plugin is gone, or is a link, or that the whole set is gone', async () => {
    const { sets, install, configs, home } = await dataFolder();
    const hashes = async () => (await sets.installed(WORKSPACE)).plugins.map(({ actualHash }) => actualHash);
    await install('alpha');
    await rm(join(configs, 'plugins/alpha'), { recursive: true });
    expect(await hashes()).toEqual([null]);
    await symlink(join(home, 'registry/alpha'), join(configs, 'plugins/alpha'));
    expect(await hashes()).toEqual([null]);
    await rm(join(configs, '.plugins/1'), { recursive: true });
    expect(await hashes()).toEqual([null]);
    expect(await install('alpha')).toBe(2);
    expect((await sets.installed(WORKSPACE)).plugins[0]?.actualHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('do not change with generated files and other folders', async () => {
    const { sets, install, configs } = await dataFolder();
    await install('alpha');
    const before = await sets.installed(WORKSPACE);
    await write(join(configs, 'plugins'), {
      'alpha/lib/__pycache__/tool.pyc': 'x',
      'notes/x': '',
      '.state': '',
    });
    expect(await sets.installed(WORKSPACE)).toEqual(before);
  });

  it('are none where the link leads elsewhere or the lock makes no sense', async () => {
    const { sets, install, configs, home } = await dataFolder();
    await install('alpha');
    await writeFile(
      join(configs, '.plugins/1.json'),
      '{"format":1,"plugins":[{"name":"../../../registry/alpha"}]}',
    );
    expect(await sets.installed(WORKSPACE)).toEqual({ ...EMPTY, generation: 1 });
    for (const target of [
      join(home, 'registry'),
      '../.plugins/1',
      '.plugins/1/..',
      '.plugins/01',
      '.plugins/1/alpha',
    ]) {
      await rm(join(configs, 'plugins'));
      await symlink(target, join(configs, 'plugins'));
      expect(await sets.installed(WORKSPACE)).toEqual(EMPTY);
    }
  });
});

describe('a name in a lock', () => {
  it('that leads out of the set is not believed: the lock makes no sense then', async () => {
    const { sets, install, configs } = await dataFolder();
    await install('alpha');
    const lock = join(configs, '.plugins/1.json');
    const written = await readFile(lock, 'utf8');
    for (const name of ['../1/alpha', '..', 'Alpha', 'a/b', '']) {
      await writeFile(lock, written.replace('"name": "alpha"', `"name": ${JSON.stringify(name)}`));
      expect(await sets.installed(WORKSPACE)).toEqual({ ...EMPTY, generation: 1 });
    }
  });
});

describe('staging', () => {
  it('is refused for what is damaged in the cache, and leaves nothing', async () => {
    const { home, sets, cached, onDisk } = await dataFolder();
    const alpha = await cached('alpha');
    const hash = alpha.from === 'cache' ? alpha.plugin.treeHash : '';
    await writeFile(join(treeOf(home, hash), 'more'), '');
    await expect(sets.stage(WORKSPACE, [alpha], NOTHING, never)).rejects.toThrow(
      coded('PLUGIN_CACHE_DAMAGED'),
    );
    await rm(treeOf(home, hash), { recursive: true });
    await expect(sets.stage(WORKSPACE, [alpha], NOTHING, never)).rejects.toThrow(
      coded('PLUGIN_CACHE_DAMAGED'),
    );
    expect(await onDisk()).toEqual([]);
  });

  it('is refused for two of one name, for a name that is no name, and for what is not there to stay', async () => {
    const { sets, cached } = await dataFolder();
    const alpha = await cached('alpha');
    const stage = (...plugins: (typeof alpha)[]) => sets.stage(WORKSPACE, plugins, NOTHING, never);
    await expect(stage(alpha, alpha)).rejects.toThrow(coded('PLUGIN_DUPLICATE'));
    await expect(stage({ from: 'installed', name: 'beta' })).rejects.toThrow(coded('PLUGIN_NOT_FOUND'));
    await expect(stage({ from: 'installed', name: '../beta' })).rejects.toThrow(coded('PLUGIN_NAME_INVALID'));
  });

  it('gives the same number for the same content until that is in force', async () => {
    const { sets, cached, install } = await dataFolder();
    await install('beta');
    const plugins = [await cached('alpha')];
    expect(await sets.stage(WORKSPACE, plugins, NOTHING, never)).toBe(2);
    expect(await sets.stage(WORKSPACE, plugins, NOTHING, never)).toBe(2);
    expect(await sets.stage(WORKSPACE, plugins, { changed: ['alpha'], restartNeeded: true }, never)).toBe(3);
    expect(await sets.stage(WORKSPACE, [], NOTHING, never)).toBe(4);
    expect(await sets.stage(WORKSPACE, plugins, NOTHING, never)).toBe(5);
    await sets.activate(WORKSPACE, 5, { keep: [], signal: never });
    expect(await sets.stage(WORKSPACE, plugins, NOTHING, never)).toBe(6);
  });

  it('does not take up a staged set that was changed', async () => {
    const { sets, cached, configs } = await dataFolder();
    const plugins = [await cached('alpha')];
    await sets.stage(WORKSPACE, plugins, NOTHING, never);
    await rm(join(configs, '.plugins/1/alpha/lib'), { recursive: true });
    expect(await sets.stage(WORKSPACE, plugins, NOTHING, never)).toBe(2);
  });

  it('removes what was left half-done, and never uses a number again', async () => {
    const { sets, cached, configs, onDisk } = await dataFolder();
    await write(join(configs, '.plugins'), { '7.json': '{', '.draft-x/alpha/y': '', '8.json.u.tmp': '' });
    expect(await sets.stage(WORKSPACE, [await cached('alpha')], NOTHING, never)).toBe(8);
    expect(await onDisk()).toEqual(['7.json', '8', '8.json']);
  });

  it('ends when its signal aborts, and leaves nothing', async () => {
    const { sets, cached, onDisk } = await dataFolder();
    const plugins = [await cached('alpha')];
    const control = new AbortController();
    const staging = sets.stage(WORKSPACE, plugins, NOTHING, control.signal);
    control.abort(new Error('paused'));
    await expect(staging).rejects.toThrow('paused');
    expect(await sets.stage(WORKSPACE, plugins, NOTHING, never)).toBe(1);
    expect(await onDisk()).toEqual(['1', '1.json']);
  });

  it('writes nothing through a link that an agent put in its way', async () => {
    const { sets, cached, configs, home } = await dataFolder();
    await mkdir(join(home, 'victim'));
    await symlink(join(home, 'victim'), join(configs, '.plugins'));
    const generation = await sets.stage(WORKSPACE, [await cached('alpha')], NOTHING, never);
    await sets.activate(WORKSPACE, generation, { keep: [], signal: never });
    expect(await readdir(join(home, 'victim'))).toEqual([]);
    expect((await sets.installed(WORKSPACE)).plugins).toHaveLength(1);
  });

  it('is done one after the other when asked for at once', async () => {
    const { sets, cached } = await dataFolder();
    const [alpha, beta] = [await cached('alpha'), await cached('beta')];
    const numbers = await Promise.all([
      sets.stage(WORKSPACE, [alpha], NOTHING, never),
      sets.stage(WORKSPACE, [beta], NOTHING, never),
      sets.stage('w2', [beta], NOTHING, never),
    ]);
    expect(numbers).toEqual([1, 2, 1]);
  });
});
