import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ContainerWishes, containerOf } from '../../machines/workspace/container.ts';
import { openEngine } from '../../src/runtimes/docker/engine.ts';
import type { DockerRuntimeOptions } from '../../src/runtimes/docker-runtime.ts';
import type { InstanceExit, Runtime } from '../../src/supervisor/ports.ts';
import { collect } from './collect.ts';
import { createDockerWorld, type DockerWorld } from './docker-world.ts';
import { eventually } from './eventually.ts';
import { IMAGE, isDockerSkipped, type PrivateDockerd, startDockerd } from './private-dockerd.ts';
import { shellAgents } from './process-world.ts';
import { startTinyRegistry } from './tiny-registry.ts';

const W = '01docker00000000000000000a';

describe.skipIf(isDockerSkipped)('the docker runtime', { timeout: 60_000 }, () => {
  let engine: PrivateDockerd;
  let world: DockerWorld;
  let opened: Runtime[];
  let exits: InstanceExit[];

  beforeAll(async () => {
    engine = await startDockerd();
  });
  afterAll(() => engine.dispose());
  beforeEach(async () => {
    world = await createDockerWorld(engine);
    opened = [];
    exits = [];
  });
  afterEach(async () => {
    await Promise.all(opened.map((one) => one.close()));
    await world.dispose();
  });

  const open = (more: Partial<DockerRuntimeOptions> = {}): Runtime => {
    const runtime = world.open(more);
    opened.push(runtime);
    runtime.onExit((exit) => exits.push(exit));
    return runtime;
  };
  const given = (tier: number, container: ContainerWishes = {}, image = IMAGE) => ({
    container: containerOf({ image, tier, container }),
  });
  const inspect = async () => {
    const [only] = await world.containers(W);
    return engine.docker.getContainer(only?.Id ?? '').inspect();
  };
  /** What a script prints that ends by itself. */
  const printed = async (script: string, more: ReturnType<typeof given>): Promise<string[]> => {
    const runtime = open();
    await runtime.start(world.order(W, shellAgents.script(script), more));
    await eventually(() => exits.length > 0);
    return collect(runtime.logs(W, { tail: 100, follow: false }));
  };

  it('keeps the last words of a container until the next one starts', async () => {
    const runtime = open();
    await runtime.start(world.order(W, shellAgents.script('echo first; echo oops >&2; exit 3')));
    await eventually(() => exits.length > 0);
    expect((await collect(runtime.logs(W, { tail: 9, follow: false }))).toSorted()).toEqual([
      'first',
      'oops',
    ]);
    await runtime.start(world.order(W, shellAgents.obedient, { incarnation: 2 }));
    expect(await world.containers(W)).toHaveLength(1);
  });

  it('goes on reading the output when another container takes over', async () => {
    const runtime = open();
    await runtime.start(world.order(W, shellAgents.prints(['one'])));
    const lines: string[] = [];
    const follow = new AbortController();
    const reading = (async () => {
      for await (const line of runtime.logs(W, { tail: 9, follow: true, signal: follow.signal })) {
        lines.push(line);
      }
    })();
    await eventually(() => lines.length === 1);
    await runtime.start(world.order(W, shellAgents.prints(['two']), { incarnation: 2 }));
    await eventually(() => lines.length === 2);
    follow.abort();
    await reading;
    expect(lines).toEqual(['one', 'two']);
  });

  it('says of an agent that it used more memory than it may', async () => {
    await open().start(world.order(W, ['tail', '/dev/zero'], given(1, { memoryMb: 16 })));
    await eventually(() => exits.length > 0);
    expect(exits).toEqual([
      { workspaceId: W, incarnation: 1, code: null, signal: 'SIGKILL: it used more memory than it may' },
    ]);
  });

  it('notices an end of which no event tells', async () => {
    const deaf = { ...openEngine(engine.host), deaths: () => neverEnding() };
    await open({ engine: deaf, pollMs: 200 }).start(world.order(W, shellAgents.obedient));
    await world.crash(W);
    await eventually(() => exits.length > 0);
    expect(exits).toMatchObject([{ incarnation: 1, code: 137 }]);
  });

  it('takes a container for nothing that was made and never started, and clears it away', async () => {
    const runtime = open();
    const { id } = await engine.docker.createContainer({
      Image: IMAGE,
      Cmd: shellAgents.obedient,
      Labels: { 'keepwell.installation': world.installationId, 'keepwell.workspace': W },
    });
    expect(await runtime.find(W)).toBeNull();
    await runtime.start(world.order(W, shellAgents.obedient));
    expect((await world.containers(W)).map((each) => each.Id)).not.toContain(id);
    expect(await world.countInstances(W)).toBe(1);
  });

  it('leaves the containers of other installations alone', async () => {
    const other = await createDockerWorld(engine);
    const theirs = other.open();
    try {
      await theirs.start(other.order(W, shellAgents.obedient));
      expect(await open().sweep(() => false)).toEqual([]);
      expect(await open().find(W)).toBeNull();
      await open().stop(W, 0);
      expect(await other.countInstances(W)).toBe(1);
    } finally {
      await theirs.close();
      await other.dispose();
    }
  });

  describe('gives a container what its tier allows:', () => {
    const LOOK = `
      cat /configs/.auth_token; echo
      touch /here 2> /dev/null && echo root || echo no root
      touch /configs/here 2> /dev/null && echo configs || echo no configs
      touch /tmp/here && echo tmp
      ls -d /workspace 2> /dev/null || echo no workspace
      touch /workspace/here 2> /dev/null && echo work || echo no work
      grep -E 'CapEff|NoNewPrivs' /proc/self/status`;

    it('in tier 1 nothing that lasts, and no privilege', async () => {
      const lines = await printed(LOOK, given(1));
      expect(lines.filter((line) => line !== '')).toEqual([
        'secret-token',
        'no root',
        'no configs',
        'tmp',
        'no workspace',
        'no work',
        'CapEff:\t0000000000000000',
        'NoNewPrivs:\t1',
      ]);
      const { HostConfig } = await inspect();
      expect(HostConfig).toMatchObject({
        Memory: 512 * 2 ** 20,
        MemorySwap: 512 * 2 ** 20,
        NanoCpus: 1e9,
        PidsLimit: 128,
        Privileged: false,
        RestartPolicy: { Name: 'no' },
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
      });
    });

    it('in tier 2 a folder to work in, unless it is said otherwise', async () => {
      expect(await printed(LOOK, given(2))).toEqual(
        expect.arrayContaining(['root', 'no configs', 'work', 'NoNewPrivs:\t1']),
      );
      exits.length = 0;
      const readOnly = await printed(LOOK, given(2, { workspaceAccess: 'read_only' }));
      expect(readOnly).toEqual(expect.arrayContaining(['/workspace', 'no work']));
    });

    it('in tier 3 what the operator says', async () => {
      const lines = await printed(LOOK, given(3, { cpus: 0.5, pids: 50 }));
      expect(lines).toContain('NoNewPrivs:\t0');
      expect(lines).not.toContain('CapEff:\t0000000000000000');
      expect((await inspect()).HostConfig).toMatchObject({ Memory: 0, NanoCpus: 5e8, PidsLimit: 50 });
    });

    it('all privileges only where the configuration allows it too', async () => {
      const order = world.order(W, shellAgents.obedient, given(3, { privileged: true }));
      expect(await open().check(order)).toMatchObject({ code: 'PRIVILEGED_NOT_ALLOWED' });
      await expect(open().start(order)).rejects.toThrow('not allowed');
      expect(await world.containers(W)).toEqual([]);
      expect(await open({ allowPrivileged: true }).check(order)).toBeNull();
      expect(order.container?.privileged).toBe(true);
      expect(containerOf({ image: IMAGE, tier: 2, container: { privileged: true } })?.privileged).toBe(false);
    });
  });

  it('tells a container where it is, and nothing of the environment of the supervisor', async () => {
    const order = world.order(W, ['env'], { env: { MINE: 'yes' } });
    const runtime = open();
    await runtime.start(order);
    await eventually(() => exits.length > 0);
    const lines = await collect(runtime.logs(W, { tail: 100, follow: false }));
    expect(lines).toEqual(
      expect.arrayContaining([
        'MINE=yes',
        `WORKSPACE_ID=${W}`,
        'PLATFORM_URL=http://host.docker.internal:7420',
        'PLUGINS_DIR=/configs/plugins',
      ]),
    );
    expect(lines.some((line) => line.startsWith('VITEST'))).toBe(false);
  });

  it('says that no container can reach a Keepwell that listens to its own machine only', async () => {
    const order = world.order(W, shellAgents.obedient, given(1, { network: 'inner' }));
    expect(await open().check(order)).toMatchObject({
      code: 'CONTAINER_CANNOT_REACH',
      hint: expect.stringContaining('docker_url'),
    });
    expect(await open({ listensOn: '0.0.0.0' }).check(order)).toMatchObject({ code: 'NETWORK_NOT_FOUND' });
    expect(await open({ url: 'http://10.1.1.1:7420' }).check(order)).toMatchObject({
      code: 'NETWORK_NOT_FOUND',
    });
  });

  it('pulls an image that is not there, and declines one that its registry does not know', async () => {
    const registry = await startTinyRegistry();
    try {
      const runtime = open();
      await runtime.start(world.order(W, shellAgents.obedient));
      const order = (image: string) => world.order(W, shellAgents.obedient, given(1, {}, image));
      expect(await runtime.check(order(registry.unknown))).toMatchObject({ code: 'IMAGE_NOT_FOUND' });
      await expect(runtime.start(order(registry.unknown))).rejects.toThrow(registry.unknown);
      expect(await runtime.check(order(registry.offered))).toBeNull();
      await engine.docker.getImage(registry.offered).inspect();
      registry.close();
      // It is here now; but of one that cannot be asked for, nothing is known.
      expect(await runtime.check(order(registry.offered))).toBeNull();
      await expect(runtime.check(order(registry.unknown))).rejects.toThrow();
      expect(await world.countInstances(W)).toBe(1);
    } finally {
      registry.close();
    }
  });

  it('calls nothing dead while the engine hangs, and answers nothing', async () => {
    const runtime = open({ engine: openEngine(engine.host, { answerMs: 300 }), pollMs: 100 });
    const started = await runtime.start(world.order(W, shellAgents.obedient));
    engine.freeze();
    try {
      await expect(runtime.find(W)).rejects.toThrow('did not answer');
      await expect(runtime.stop(W, 0)).rejects.toThrow('did not answer');
      await expect(runtime.destroy(W, { purge: true })).rejects.toThrow('did not answer');
      await expect(runtime.sweep(() => false)).rejects.toThrow('did not answer');
      expect(exits).toEqual([]);
    } finally {
      engine.thaw();
    }
    expect(await runtime.find(W)).toEqual(started);
    await world.crash(W);
    await eventually(() => exits.length > 0);
  });

  it('calls nothing dead while the engine is down, and notices what ended once it is back', async () => {
    const runtime = open();
    const { pid } = await runtime.start(world.order(W, shellAgents.obedient));
    await engine.kill9();
    try {
      await expect(runtime.find(W)).rejects.toThrow('cannot be reached');
      await expect(runtime.check(world.order(W, shellAgents.obedient))).rejects.toThrow('cannot be reached');
      await expect(runtime.start(world.order(W, shellAgents.obedient))).rejects.toThrow('cannot be reached');
      await expect(runtime.stop(W, 0)).rejects.toThrow('cannot be reached');
      await expect(runtime.destroy(W, { purge: true })).rejects.toThrow('cannot be reached');
      expect(await runtime.sweep(() => false)).toEqual([]);
      await sleep(1_500);
      expect(exits).toEqual([]);
      expect(world.faults).toHaveLength(1);
      expect(existsSync(`/proc/${pid}`)).toBe(true);
    } finally {
      await engine.start();
    }
    // An engine ends what ran without it, and nobody starts that again but us.
    await eventually(() => exits.length > 0);
    expect(exits).toMatchObject([{ workspaceId: W, incarnation: 1 }]);
    expect(await runtime.find(W)).toBeNull();
    await runtime.start(world.order(W, shellAgents.obedient, { incarnation: 2 }));
    await world.crash(W);
    await eventually(() => exits.length > 1);
  });
});

// oxlint-disable-next-line require-yield -- an engine that tells nothing
async function* neverEnding(): AsyncGenerator<null> {
  await new Promise(() => {});
}
