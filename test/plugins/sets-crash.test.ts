import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openCache } from './support/caches.ts';
import { never, write } from './support/scratch.ts';
import { dataFolder, openSets, WORKSPACE } from './support/workspaces.ts';

const startInstaller = (home: string, mode: 'stage' | 'loop') => {
  const program = new URL('support/install-until-killed.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, home, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  const reader = createInterface(child.stdout).on('line', (line) => lines.push(line));
  return {
    lines,
    nextLine: async () => String((await once(reader, 'line'))[0]),
    async kill() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    },
  };
};

describe('a process that is killed', () => {
  it('between staging and activating leaves the old set in force, and the staged one to be taken up', async () => {
    const { home, install, cached } = await dataFolder();
    await install('alpha');
    const installer = startInstaller(home, 'stage');
    expect(await installer.nextLine()).toBe('staged 2');
    await installer.kill();

    const sets = openSets(home);
    expect(await sets.installed(WORKSPACE)).toMatchObject({ generation: 1, plugins: [{ name: 'alpha' }] });
    const again = [await cached('beta'), await cached('gamma')];
    const change = { changed: ['beta', 'gamma'], restartNeeded: true };
    expect(await sets.stage(WORKSPACE, again, change, never)).toBe(2);
    await sets.activate(WORKSPACE, 2, { keep: [], signal: never });
    const { plugins } = await sets.installed(WORKSPACE);
    expect(plugins.map(({ name, treeHash, actualHash }) => [name, treeHash === actualHash])).toEqual([
      ['beta', true],
      ['gamma', true],
    ]);
  });

  it('at any moment leaves one whole set in force, and numbers go on rising', async () => {
    const { home, install, onDisk } = await dataFolder();
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`lib/${n}.py`, `${n}\n`]));
    await write(join(home, 'registry', 'gamma'), many);
    let highest = await install('alpha', 'beta', 'gamma');
    for (let round = 0; round < 8; round++) {
      const installer = startInstaller(home, 'loop');
      await installer.nextLine();
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      await installer.kill();

      const { generation, plugins } = await openSets(home).installed(WORKSPACE);
      const acknowledged = installer.lines.filter((line) => line.startsWith('activated')).at(-1);
      expect(generation).toBeGreaterThanOrEqual(Number(acknowledged?.split(' ')[1] ?? highest));
      expect(plugins.length).toBeGreaterThanOrEqual(2);
      for (const { treeHash, actualHash } of plugins) expect(actualHash).toBe(treeHash);
      highest = generation;
    }
    openCache(home);
    expect(await readdir(join(home, 'cache', 'staging'))).toEqual([]);
    expect(await install('alpha')).toBeGreaterThan(highest);
    expect((await onDisk()).filter((name) => !/^\d+(\.json)?$/.test(name))).toEqual([]);
  });
});
