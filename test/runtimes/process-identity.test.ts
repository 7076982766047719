import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dataFolders } from '../../src/folders.ts';
import { createPsProcessTable } from '../../src/runtimes/ps-process-table.ts';
import type { InstanceExit, Runtime } from '../../src/supervisor/ports.ts';
import { eventually } from './eventually.ts';
import { createProcessWorld, type ProcessWorld, processesIn, shellAgents } from './process-world.ts';

const WORKSPACE = '01identity000000000000000a';
const { obedient } = shellAgents;

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let world: ProcessWorld;
let opened: Runtime[];

const open: ProcessWorld['open'] = (more) => {
  const one = world.open(more);
  opened.push(one);
  return one;
};
const recordPath = () => join(world.foldersOf(WORKSPACE).root, 'instance.json');
const readRecord = async () => JSON.parse(await readFile(recordPath(), 'utf8'));
const running = () => processesIn(world.foldersOf(WORKSPACE).workspace);
const exitsOf = (one: Runtime): InstanceExit[] => {
  const exits: InstanceExit[] = [];
  one.onExit((exit) => exits.push(exit));
  return exits;
};
/** Starts an instance under a supervisor that is gone afterwards. */
const startAndLeave = async (incarnation = 1): Promise<number> => {
  const former = open();
  const { pid } = await former.start(world.order(WORKSPACE, obedient, { incarnation }));
  await former.close();
  return pid ?? 0;
};

beforeEach(async () => {
  world = await createProcessWorld();
  opened = [];
});
afterEach(async () => {
  await Promise.all(opened.map((one) => one.close()));
  await world.dispose();
});

describe('a supervisor that was killed', () => {
  it('leaves its instance running and writing; the next one adopts it and notices its end', async () => {
    const script = 'while :; do echo beat; sleep 0.1; done';
    const file = join(import.meta.dirname, 'supervisor-process.ts');
    const former = spawn(process.execPath, [file, world.root, world.installationId, WORKSPACE, script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(former.stdout, 'data');
    former.kill('SIGKILL');
    await once(former, 'exit');
    const before = (await world.output(WORKSPACE)).length;
    await eventually(async () => (await world.output(WORKSPACE)).length > before);

    const successor = open();
    const exits = exitsOf(successor);
    expect(await successor.find(WORKSPACE)).toMatchObject({ pid: Number(line), incarnation: 4 });
    await world.crash(WORKSPACE);
    await eventually(() => exits.length > 0);
    expect(exits).toEqual([{ workspaceId: WORKSPACE, incarnation: 4, code: null, signal: null }]);
  });

  it('is not kept alive by its instances', async () => {
    const file = join(import.meta.dirname, 'supervisor-process.ts');
    const parameters = [file, world.root, world.installationId, WORKSPACE, 'exec sleep 60', 'leave'];
    const former = spawn(process.execPath, parameters, { stdio: 'ignore' });
    expect(await once(former, 'exit')).toEqual([0, null]);
    expect(await world.countInstances(WORKSPACE)).toBe(1);
  });

  it('between start and record, is no reason to lose the instance: it is found by its mark', async () => {
    const pid = await startAndLeave(6);
    await rm(recordPath());
    const successor = open();
    const found = await successor.find(WORKSPACE);
    expect(found).toMatchObject({ pid, incarnation: 6 });
    expect(Math.abs((found?.startedAt ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(await readRecord()).toMatchObject({ pid, incarnation: 6 });
  });

  it('between start and record, is no reason to have two instances', async () => {
    const pid = await startAndLeave();
    await rm(recordPath());
    const second = await open().start(world.order(WORKSPACE, obedient, { incarnation: 2 }));
    expect(second.pid).not.toBe(pid);
    expect(await world.countInstances(WORKSPACE)).toBe(1);
  });

  it.each(['', '{"pid":', '{"pid":1,"workspaceId":"x"}'])('may leave a damaged record: %j', async (text) => {
    const pid = await startAndLeave();
    await writeFile(recordPath(), text);
    expect(await open().find(WORKSPACE)).toMatchObject({ pid });
  });
});

describe('a record of a process that is not ours any more', () => {
  /** Somebody else's process that has come by the pid of a record. */
  const withStranger = async (forge: (pid: number) => Promise<void>): Promise<void> => {
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
    try {
      await once(stranger, 'spawn');
      await forge(stranger.pid ?? 0);
      const successor = open();
      expect(await successor.find(WORKSPACE)).toBeNull();
      await successor.stop(WORKSPACE, 0);
      await successor.destroy(WORKSPACE, { purge: true });
      expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
      process.kill(stranger.pid ?? 0, 0);
    } finally {
      stranger.kill('SIGKILL');
    }
  };

  it('is not believed when the pid came round again, and the stranger is left alone', async () => {
    await startAndLeave();
    const record = await readRecord();
    await open().stop(WORKSPACE, 5_000);
    await withStranger((pid) => writeFile(recordPath(), JSON.stringify({ ...record, pid, pgid: pid })));
  });

  it('is not believed when it came with a copied data folder', async () => {
    const pid = await startAndLeave();
    const copy = join(world.root, 'copy');
    await cp(world.foldersOf(WORKSPACE).root, dataFolders(copy).workspace(WORKSPACE).root, {
      recursive: true,
    });
    const stranger = open({ installationId: 'another', foldersOf: dataFolders(copy).workspace });
    expect(await stranger.find(WORKSPACE)).toBeNull();
    await stranger.stop(WORKSPACE, 0);
    expect(await stranger.sweep(() => false)).toEqual([]);
    expect(running().map((one) => one.pid)).toContain(pid);
  });
});

describe('where marks cannot be seen', () => {
  const blind = () => open({ table: createPsProcessTable() });

  it('starts, adopts by the record and stops with the group', async () => {
    const former = blind();
    const { pid } = await former.start(world.order(WORKSPACE, obedient));
    await former.close();
    const successor = blind();
    const exits = exitsOf(successor);
    expect(await successor.find(WORKSPACE)).toMatchObject({ pid });
    await successor.stop(WORKSPACE, 5_000);
    expect(running()).toEqual([]);
    await successor.start(world.order(WORKSPACE, shellAgents.exits(2)));
    await eventually(() => exits.length > 0);
    expect(exits).toMatchObject([{ code: 2 }]);
  });

  it('leaves nothing running that could not be recorded', async () => {
    await mkdir(`${recordPath()}.tmp/in the way`, { recursive: true });
    await expect(blind().start(world.order(WORKSPACE, obedient))).rejects.toThrow('instance.json.tmp');
    await eventually(() => running().length === 0);
  });

  it('cannot tell what runs when the record is damaged, and says so', async () => {
    await startAndLeave();
    await writeFile(recordPath(), 'torn');
    await expect(blind().find(WORKSPACE)).rejects.toThrow('cannot be read');
    await expect(blind().start(world.order(WORKSPACE, obedient))).rejects.toThrow('cannot be read');
    expect(await world.countInstances(WORKSPACE)).toBe(1);
  });
});

describe('when the machine cannot be looked at', () => {
  it('nothing is called ended', async () => {
    const table = createPsProcessTable();
    let broken = false;
    const guard = <T>(answer: () => Promise<T>) => {
      if (broken) return Promise.reject(new Error('no answer'));
      return answer();
    };
    await startAndLeave();
    const record = await readRecord();
    const [entry] = await table.some([record.pid]);
    await writeFile(recordPath(), JSON.stringify({ ...record, started: entry?.started }));
    const runtime = open({
      table: { ...table, all: () => guard(() => table.all()), some: (pids) => guard(() => table.some(pids)) },
    });
    const exits = exitsOf(runtime);
    expect(await runtime.find(WORKSPACE)).not.toBeNull();
    broken = true;
    await eventually(() => world.faults.length > 0);
    await expect(runtime.find(WORKSPACE)).rejects.toThrow('no answer');
    await expect(runtime.stop(WORKSPACE, 0)).rejects.toThrow('no answer');
    expect(exits).toEqual([]);
    expect(await world.countInstances(WORKSPACE)).toBe(1);
  });
});
