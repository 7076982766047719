import { lstat, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { never, write } from './support/scratch.ts';
import { dataFolder, NOTHING, openSets, WORKSPACE } from './support/workspaces.ts';

const coded = (code: string) => expect.objectContaining({ code });
const EMPTY = { generation: 0, plugins: [], switches: [] };

describe('activating', () => {
  it('keeps the set in force and the one before it', async () => {
    const { install, onDisk, link } = await dataFolder({ keep: 2 });
    for (const name of ['alpha', 'beta', 'gamma', 'alpha']) await install(name);
    expect(await onDisk()).toEqual(['3', '3.json', '4', '4.json']);
    expect(await link()).toBe('.plugins/4');
  });

  it('keeps as many as it is told', async () => {
    const { install, onDisk } = await dataFolder({ keep: 3 });
    for (const name of ['alpha', 'beta', 'gamma', 'alpha', 'beta']) await install(name);
    expect(await onDisk()).toEqual(['3', '3.json', '4', '4.json', '5', '5.json']);
  });

  it('is harmless a second time', async () => {
    const { install, sets, onDisk } = await dataFolder();
    await install('alpha');
    await install('beta');
    const before = await sets.installed(WORKSPACE);
    await sets.activate(WORKSPACE, 2, { keep: [], signal: never });
    expect(await sets.installed(WORKSPACE)).toEqual(before);
    expect(await onDisk()).toEqual(['1', '1.json', '2', '2.json']);
  });

  it('switches nothing once its signal has aborted', async () => {
    const { install, sets, cached, link } = await dataFolder();
    await install('alpha');
    const staged = await sets.stage(WORKSPACE, [await cached('beta')], NOTHING, never);
    const overtaken = { keep: [], signal: AbortSignal.abort() };
    await expect(sets.activate(WORKSPACE, staged, overtaken)).rejects.toThrow('aborted');
    expect(await link()).toBe('.plugins/1');
    await sets.activate(WORKSPACE, staged, { keep: [], signal: never });
    expect(await link()).toBe('.plugins/2');
  });

  it('can go back to the set before, which is whole, and forward again', async () => {
    const { install, sets, cached } = await dataFolder();
    await install('alpha');
    await install('beta');
    await sets.activate(WORKSPACE, 1, { keep: [], signal: never });
    const { generation, plugins } = await sets.installed(WORKSPACE);
    expect({ generation, names: plugins.map(({ name }) => name) }).toEqual({
      generation: 1,
      names: ['alpha'],
    });
    await sets.activate(WORKSPACE, 2, { keep: [], signal: never });
    expect(await sets.installed(WORKSPACE)).toMatchObject({ generation: 2 });
    await sets.activate(WORKSPACE, 1, { keep: [], signal: never });
    expect(await sets.stage(WORKSPACE, [await cached('gamma')], NOTHING, never)).toBe(3);
  });

  it('passes over a set that was staged and never used', async () => {
    const { install, sets, cached, onDisk } = await dataFolder({ keep: 2 });
    await install('alpha');
    await sets.stage(WORKSPACE, [await cached('gamma')], NOTHING, never);
    await install('beta');
    expect(await onDisk()).toEqual(['1', '1.json', '3', '3.json']);
  });

  it('is refused for a set that is not there or not complete', async () => {
    const { install, sets, configs } = await dataFolder();
    await install('alpha');
    await mkdir(join(configs, '.plugins/2'));
    await write(join(configs, '.plugins'), {
      '3.json': await readFile(join(configs, '.plugins/1.json'), 'utf8'),
    });
    for (const generation of [2, 3, 4]) {
      await expect(sets.activate(WORKSPACE, generation, { keep: [], signal: never })).rejects.toThrow(
        coded('PLUGIN_GENERATION_NOT_FOUND'),
      );
    }
    expect(await sets.installed(WORKSPACE)).toMatchObject({ generation: 1 });
  });

  it('takes the place of the empty folder that an agent finds before it has plugins', async () => {
    const { configs, install, sets } = await dataFolder();
    await mkdir(join(configs, 'plugins'));
    await install('alpha');
    expect(await sets.installed(WORKSPACE)).toMatchObject({ generation: 1 });
    await expect(lstat(join(configs, 'plugins.before-keepwell'))).rejects.toThrow('ENOENT');
  });

  it.each([
    ['a folder', (path: string) => write(path, { 'mine/x': 'x' })],
    ['a file', (path: string) => writeFile(path, 'x')],
    ['a link to elsewhere', (path: string) => symlink('/tmp', path)],
  ])('moves %s of the same name aside', async (_, make) => {
    const { configs, install, sets } = await dataFolder();
    await make(join(configs, 'plugins'));
    const kind = await lstat(join(configs, 'plugins'));
    await mkdir(join(configs, 'plugins.before-keepwell'));
    await install('alpha');
    const aside = await lstat(join(configs, 'plugins.before-keepwell-2'));
    expect(aside.ino).toBe(kind.ino);
    expect((await sets.installed(WORKSPACE)).plugins).toHaveLength(1);
  });

  it('is seen by a reader as the old set or the new one, never as none', async () => {
    const { configs, install } = await dataFolder();
    await install('alpha');
    const done = new AbortController();
    const seen = new Set<string>();
    const read = async () => {
      while (!done.signal.aborted)
        seen.add((await readdir(join(configs, 'plugins')).catch(() => ['gone'])).join());
    };
    const reading = read();
    for (let n = 0; n < 10; n++) await install(...(n % 2 === 0 ? ['beta', 'gamma'] : ['alpha']));
    done.abort();
    await reading;
    expect([...seen].filter((names) => names !== 'alpha' && names !== 'beta,gamma')).toEqual([]);
  });

  it('survives another process that opens the same folder afterwards', async () => {
    const { home, install, sets } = await dataFolder();
    await install('alpha', 'beta');
    expect(await openSets(home).installed(WORKSPACE)).toEqual(await sets.installed(WORKSPACE));
    await rename(join(home, 'workspaces'), join(home, 'moved'));
    expect(await sets.installed(WORKSPACE)).toEqual(EMPTY);
  });
});
