import { readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InstanceExit, Runtime } from '../../src/supervisor/ports.ts';
import { eventually } from './eventually.ts';
import { createProcessWorld, type ProcessWorld, processesIn, shellAgents } from './process-world.ts';

const WORKSPACE = '01process0000000000000000a';
const { obedient, stubborn, script } = shellAgents;
const FOREVER = 'while :; do sleep 0.1; done';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let world: ProcessWorld;
let runtime: Runtime;
let opened: Runtime[];

const open: ProcessWorld['open'] = (more) => {
  const one = world.open(more);
  opened.push(one);
  return one;
};
const start = (command: string[], more = {}) => runtime.start(world.order(WORKSPACE, command, more));
const said = (text: string) => eventually(async () => (await world.output(WORKSPACE)).includes(text));
const running = () => processesIn(world.foldersOf(WORKSPACE).workspace);
const exitsOf = (one: Runtime): InstanceExit[] => {
  const exits: InstanceExit[] = [];
  one.onExit((exit) => exits.push(exit));
  return exits;
};

beforeEach(async () => {
  world = await createProcessWorld();
  opened = [];
  runtime = open();
});
afterEach(async () => {
  await Promise.all(opened.map((one) => one.close()));
  await world.dispose();
});

describe('what an instance is given', () => {
  it('is its place, its names and its token, over what the operator and the supervisor set', async () => {
    runtime = open({
      baseEnv: { PATH: '/usr/bin:/bin', LANG: 'C', SHARED: 'base', KEEPWELL_ADMIN_TOKEN: 'no' },
    });
    await start(script('env; echo done'), {
      env: { SHARED: 'operator', MINE: 'yes', KEEPWELL_TOKEN: 'forged', WORKSPACE_ID: 'forged' },
      incarnation: 3,
    });
    await said('done');
    const lines = (await world.output(WORKSPACE)).split('\n');
    const { configs, workspace } = world.foldersOf(WORKSPACE);
    expect(lines).toEqual(
      expect.arrayContaining([
        'LANG=C',
        'SHARED=operator',
        'MINE=yes',
        'KEEPWELL_URL=http://127.0.0.1:7420',
        `KEEPWELL_WORKSPACE_ID=${WORKSPACE}`,
        'KEEPWELL_TOKEN=secret-token',
        'KEEPWELL_INCARNATION=3',
        `KEEPWELL_PLUGINS_DIR=${configs}/plugins`,
        `KEEPWELL_INSTANCE=${world.installationId}/${WORKSPACE}/3`,
        `WORKSPACE_ID=${WORKSPACE}`,
        'PLATFORM_URL=http://127.0.0.1:7420',
        `WORKSPACE_CONFIG_PATH=${configs}`,
        `PLUGINS_DIR=${configs}/plugins`,
        `PWD=${workspace}`,
      ]),
    );
    expect(lines.filter((line) => line.startsWith('KEEPWELL_ADMIN'))).toEqual([]);
  });

  it('is a token file that only its owner can read, before it starts and anew each time', async () => {
    await start(
      script('stat -c %a .. ../configs ../configs/.auth_token; cat ../configs/.auth_token; echo; echo done'),
    );
    await said('done');
    expect((await world.output(WORKSPACE)).split('\n').slice(1)).toEqual([
      '700',
      '600',
      'secret-token',
      'done',
      '',
    ]);
    await start(obedient, { token: 'second-token' });
    const file = join(world.foldersOf(WORKSPACE).configs, '.auth_token');
    expect(await readFile(file, 'utf8')).toBe('second-token');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is no input, both outputs in one log, and a session of its own', async () => {
    const { pid } = await start(
      script(`cat; echo out; echo err >&2; cut -d" " -f5,6 /proc/$$/stat; ${FOREVER}`),
    );
    await said(`${pid} ${pid}`);
    expect(await world.output(WORKSPACE)).toBe(`out\nerr\n${pid} ${pid}\n`);
  });

  it('is the sidecar in front of its command, when it has one', async () => {
    runtime = open({ sidecarCommand: ['/usr/bin/env', 'WORD=beaten'] });
    await start(['sh', '-c', 'echo "$WORD"'], { sidecar: true });
    await said('beaten');
  });

  it('is not a place outside: a link instead of a folder is refused', async () => {
    const { root, configs } = world.foldersOf(WORKSPACE);
    await mkdir(root, { recursive: true });
    await mkdir(join(world.root, 'elsewhere'));
    await symlink(join(world.root, 'elsewhere'), configs);
    await expect(start(obedient)).rejects.toThrow('Not a folder');
    expect(running()).toEqual([]);
  });
});

describe('a command that cannot start', () => {
  const check = (command: string[], env = {}) =>
    runtime.check({ workspaceId: WORKSPACE, command, env, sidecar: false, container: null });

  it('is refused with every place it was looked for', async () => {
    expect(await check([])).toMatchObject({ code: 'COMMAND_NOT_FOUND' });
    expect(await check(['/no/such/agent'])).toMatchObject({
      code: 'COMMAND_NOT_FOUND',
      message: expect.stringContaining('/no/such/agent'),
    });
    expect(await check(['./agent'])).toMatchObject({
      message: expect.stringContaining(join(world.foldersOf(WORKSPACE).workspace, 'agent')),
    });
    const unknown = await check(['no-such-agent'], { PATH: '/first:/second' });
    expect(unknown?.message).toContain('/first/no-such-agent, /second/no-such-agent');
    expect(running()).toEqual([]);
  });

  it('is refused when its file may not be run, or its interpreter is missing', async () => {
    const { workspace } = world.foldersOf(WORKSPACE);
    await mkdir(workspace, { recursive: true });
    await writeFile(join(workspace, 'agent'), '#!/no/such/interpreter\n');
    expect(await check(['./agent'])).toMatchObject({ code: 'COMMAND_NOT_EXECUTABLE' });
    expect(await check([workspace])).toMatchObject({ code: 'COMMAND_NOT_EXECUTABLE' });
    await chmod(join(workspace, 'agent'), 0o755);
    expect(await check(['./agent'])).toMatchObject({
      code: 'COMMAND_NOT_FOUND',
      message: expect.stringContaining('/no/such/interpreter'),
    });
    await writeFile(join(workspace, 'agent'), '#!/bin/sh\n');
    expect(await check(['./agent'])).toBeNull();
    expect(await check(['agent'], { PATH: `/nowhere:${workspace}` })).toBeNull();
  });

  it.runIf(process.platform === 'linux')(
    'is refused when a word or a variable is longer than a process can be given, and is started at the limit',
    async () => {
      const most = 128 * 1024 - 1;
      expect(await check(['/bin/true', 'x'.repeat(most + 1)])).toMatchObject({ code: 'COMMAND_TOO_LONG' });
      const tooLong = await check(['/bin/true'], { KEY: 'secret'.repeat(most) });
      expect(tooLong).toMatchObject({ code: 'COMMAND_TOO_LONG', message: expect.stringContaining('KEY') });
      expect(tooLong?.message).not.toContain('secret');
      const env = { KEY: 'ä'.repeat((most - 'KEY='.length - 1) / 2) };
      expect(await check(['/bin/true', 'x'.repeat(most)], env)).toBeNull();
      await start(['/bin/true', 'x'.repeat(most)], { env });
    },
  );

  it('rejects a start whatever the system says against it, and shows no secret', async () => {
    const error = await start(obedient, { env: { KEY: 'hidden\0value' } }).catch((reason: Error) => reason);
    if (!(error instanceof Error)) throw new Error('It started.');
    expect(error.message).toContain('ERR_INVALID_ARG_VALUE');
    expect(inspect(error, { depth: 9 })).not.toContain('hidden');
    await expect(start(['sh', '-c', 'x'.repeat(4_000_000)])).rejects.toThrow('E2BIG');
    expect(await runtime.find(WORKSPACE)).toBeNull();
  });
});

describe('an instance that cannot be recorded', () => {
  it('is not left running', async () => {
    await mkdir(join(world.foldersOf(WORKSPACE).root, 'instance.json.tmp', 'in the way'), {
      recursive: true,
    });
    await expect(start(stubborn)).rejects.toThrow('instance.json.tmp');
    expect(running()).toEqual([]);
    expect(await runtime.find(WORKSPACE)).toBeNull();
  });
});

describe('an agent that is more than one process', () => {
  const family = `(trap "" TERM; ${FOREVER}) & (${FOREVER}) & trap "" TERM; echo ready; ${FOREVER}`;
  const daemon = `(setsid sh -c 'trap "" TERM; echo daemon; ${FOREVER}' &);`;

  it('is stopped with its whole process group, also what ignores the request', async () => {
    await start(script(family));
    await said('ready');
    await runtime.stop(WORKSPACE, 200);
    expect(running()).toEqual([]);
  });

  it('is stopped with a daemon that left its group', async () => {
    await start(script(`${daemon} ${FOREVER}`));
    await said('daemon');
    await runtime.stop(WORKSPACE, 200);
    expect(running()).toEqual([]);
  });

  it('is stopped with a child that cleared its environment and left its group', async () => {
    await start(script(`env -i setsid sh -c 'trap "" TERM; echo bare; ${FOREVER}' & wait`));
    await said('bare');
    await runtime.stop(WORKSPACE, 200);
    expect(running()).toEqual([]);
  });

  it('has ended only when what its leader left behind is gone', async () => {
    const exits = exitsOf(runtime);
    let left = -1;
    runtime.onExit(() => {
      left = running().length;
    });
    await start(
      script(
        `${daemon} (trap "" TERM; ${FOREVER}) & while ! grep -q daemon ../logs/agent.log; do sleep 0.02; done; exit 3`,
      ),
    );
    await eventually(() => exits.length > 0);
    expect(exits).toEqual([{ workspaceId: WORKSPACE, incarnation: 1, code: 3, signal: null }]);
    expect(left).toBe(0);
  });

  it('has ended only when a group without any mark left in it is gone', async () => {
    const exits = exitsOf(runtime);
    await start(
      script(`env -i sh -c 'echo bare; ${FOREVER}' & while ! grep -q bare ../logs/agent.log; do :; done`),
    );
    await eventually(() => exits.length > 0);
    expect(running()).toEqual([]);
  });

  it('has ended when its leader died while no supervisor was there, and the rest is cleared away', async () => {
    await start(script(`${daemon} ${FOREVER}`));
    await said('daemon');
    await runtime.close();
    const leader = await world.pidOf(WORKSPACE);
    process.kill(leader, 'SIGKILL');
    await eventually(() => running().every(({ pid }) => pid !== leader));
    expect(running().length).toBeGreaterThan(0);
    expect(await open().find(WORKSPACE)).toBeNull();
    expect(running()).toEqual([]);
  });

  it('is given the time it needs to end in order', async () => {
    await start(script(`trap 'sleep 0.5; echo in order; exit 0' TERM; echo ready; ${FOREVER}`));
    await said('ready');
    await runtime.stop(WORKSPACE, 15_000);
    expect(await world.output(WORKSPACE)).toContain('in order');
  });

  it('hears the request to end although it is suspended', async () => {
    await start(script(`trap 'echo heard; exit 0' TERM; echo ready; kill -STOP $$; ${FOREVER}`));
    await said('ready');
    const { pid } = (await runtime.find(WORKSPACE)) ?? {};
    await eventually(() => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') T '));
    await runtime.stop(WORKSPACE, 15_000);
    expect(await world.output(WORKSPACE)).toContain('heard');
  });
});

describe('an instance that ended by a signal', () => {
  it('says which', async () => {
    const exits = exitsOf(runtime);
    await start(stubborn);
    await world.crash(WORKSPACE);
    await eventually(() => exits.length > 0);
    expect(exits).toMatchObject([{ code: null, signal: 'SIGKILL' }]);
    expect(world.faults).toEqual([]);
  });
});
