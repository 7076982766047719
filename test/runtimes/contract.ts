import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InstanceExit, InstanceSpec, Runtime } from '../../src/supervisor/ports.ts';
import { collect } from './collect.ts';
import { eventually } from './eventually.ts';

/** Commands that behave in one way each. */
export type AgentCommands = {
  /** Prints `ready`, then runs until it is asked to end. */
  obedient: string[];
  /** Prints `ready`, then runs on when it is asked to end. */
  stubborn: string[];
  /** Ends at once with this code. */
  exits: (code: number) => string[];
  /** Prints these lines, then runs until it is asked to end. */
  prints: (lines: string[]) => string[];
  /** Can certainly not be started. */
  absent: string[];
};

/** One world in which runtime objects come and go while instances stay. */
export type RuntimeWorld = {
  agents: AgentCommands;
  /** A runtime object as a supervisor makes it when it starts. */
  open: () => Runtime;
  /** How many instances of a workspace run, asked of the world and not of a runtime. */
  countInstances: (workspaceId: string) => Promise<number>;
  /** Ends an instance behind the runtime's back. */
  crash: (workspaceId: string) => Promise<void>;
  /** Stops and removes everything. */
  dispose: () => Promise<void>;
};

const WORKSPACE = '01contract000000000000000a';
const OTHER = '01contract000000000000000b';

/** What every driver that owns its instances promises, whatever it runs them with. */
export const describeRuntimeContract = (name: string, createWorld: () => Promise<RuntimeWorld>): void => {
  describe(`the ${name} runtime keeps the contract`, () => {
    vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

    let world: RuntimeWorld;
    let runtime: Runtime;
    let opened: Runtime[];
    let incarnation: number;

    const open = (): Runtime => {
      const one = world.open();
      opened.push(one);
      return one;
    };
    const order = (command: string[], workspaceId = WORKSPACE): InstanceSpec => ({
      workspaceId,
      incarnation: ++incarnation,
      command,
      sidecar: false,
      container: null,
      env: {},
      token: 'secret-token',
      url: 'http://127.0.0.1:7420',
    });
    const startStubborn = async (): Promise<void> => {
      await runtime.start(order(world.agents.stubborn));
      const signal = AbortSignal.timeout(15_000);
      for await (const line of runtime.logs(WORKSPACE, { tail: 1, follow: true, signal })) {
        if (line === 'ready') return;
      }
      throw new Error('The agent does not get ready.');
    };
    const exitsOf = (one: Runtime): InstanceExit[] => {
      const exits: InstanceExit[] = [];
      one.onExit((exit) => exits.push(exit));
      return exits;
    };

    beforeEach(async () => {
      world = await createWorld();
      opened = [];
      incarnation = 0;
      runtime = open();
    });
    afterEach(async () => {
      await Promise.all(opened.map((one) => one.close()));
      await world.dispose();
    });

    it('starts an instance and finds it', async () => {
      const started = await runtime.start(order(world.agents.obedient));
      expect(started).toMatchObject({ workspaceId: WORKSPACE, incarnation: 1 });
      expect(await runtime.find(WORKSPACE)).toEqual(started);
      expect(await world.countInstances(WORKSPACE)).toBe(1);
    });

    it('finds nothing where nothing was started', async () => {
      expect(await runtime.find(WORKSPACE)).toBeNull();
    });

    it('tells once of an instance that ends by itself, with its code', async () => {
      const exits = exitsOf(runtime);
      await runtime.start(order(world.agents.exits(7)));
      await eventually(() => exits.length > 0);
      expect(exits).toEqual([{ workspaceId: WORKSPACE, incarnation: 1, code: 7, signal: null }]);
      expect(await runtime.find(WORKSPACE)).toBeNull();
      expect(exits).toHaveLength(1);
    });

    it('stops an instance and tells nobody of its end', async () => {
      const exits = exitsOf(runtime);
      await runtime.start(order(world.agents.obedient));
      await runtime.stop(WORKSPACE, 10_000);
      expect(await world.countInstances(WORKSPACE)).toBe(0);
      expect(await runtime.find(WORKSPACE)).toBeNull();
      await runtime.start(order(world.agents.exits(0), OTHER));
      await eventually(() => exits.length > 0);
      expect(exits.map(({ workspaceId }) => workspaceId)).toEqual([OTHER]);
    });

    it('insists when the instance ignores the request to end', async () => {
      await startStubborn();
      await runtime.stop(WORKSPACE, 200);
      expect(await world.countInstances(WORKSPACE)).toBe(0);
    });

    it('stops twice, together and where nothing runs', async () => {
      await startStubborn();
      await Promise.all([runtime.stop(WORKSPACE, 300), runtime.stop(WORKSPACE, 300)]);
      await runtime.stop(WORKSPACE, 300);
      await runtime.stop(OTHER, 300);
      expect(await world.countInstances(WORKSPACE)).toBe(0);
    });

    it('shortens a stop that is under way when a later one has less patience', async () => {
      await startStubborn();
      const patient = runtime.stop(WORKSPACE, 600_000);
      await runtime.stop(WORKSPACE, 0);
      await patient;
      expect(await world.countInstances(WORKSPACE)).toBe(0);
    });

    it('leaves nothing running when a stop comes during a start', async () => {
      const start = runtime.start(order(world.agents.obedient));
      await Promise.all([start, runtime.stop(WORKSPACE, 10_000)]);
      expect(await world.countInstances(WORKSPACE)).toBe(0);
      expect(await runtime.find(WORKSPACE)).toBeNull();
    });

    it('has the later instance run when a start comes during a stop', async () => {
      await runtime.start(order(world.agents.obedient));
      const stop = runtime.stop(WORKSPACE, 10_000);
      const second = await runtime.start(order(world.agents.obedient));
      await stop;
      expect(await runtime.find(WORKSPACE)).toEqual(second);
      expect(await world.countInstances(WORKSPACE)).toBe(1);
    });

    it('leaves nothing running when a stop comes after a start that came during a stop', async () => {
      await runtime.start(order(world.agents.obedient));
      const first = runtime.stop(WORKSPACE, 10_000);
      const start = runtime.start(order(world.agents.obedient));
      await Promise.all([first, start, runtime.stop(WORKSPACE, 10_000)]);
      expect(await world.countInstances(WORKSPACE)).toBe(0);
    });

    it('replaces a running instance, so that never two run', async () => {
      const exits = exitsOf(runtime);
      await runtime.start(order(world.agents.obedient));
      const second = await runtime.start(order(world.agents.obedient));
      expect(await world.countInstances(WORKSPACE)).toBe(1);
      expect(await runtime.find(WORKSPACE)).toEqual(second);
      await world.crash(WORKSPACE);
      await eventually(() => exits.length > 0);
      expect(exits.map((exit) => exit.incarnation)).toEqual([2]);
    });

    it('leaves instances running when it closes', async () => {
      await runtime.start(order(world.agents.obedient));
      await runtime.close();
      expect(await world.countInstances(WORKSPACE)).toBe(1);
    });

    it('adopts what a former supervisor started, and notices its end', async () => {
      const started = await runtime.start(order(world.agents.obedient));
      await runtime.close();
      const successor = open();
      const exits = exitsOf(successor);
      expect(await successor.find(WORKSPACE)).toEqual(started);
      await world.crash(WORKSPACE);
      await eventually(() => exits.length > 0);
      expect(exits).toMatchObject([{ workspaceId: WORKSPACE, incarnation: 1 }]);
      expect(await successor.find(WORKSPACE)).toBeNull();
      expect(exits).toHaveLength(1);
    });

    it('stops and replaces what a former supervisor started, without being asked to find it', async () => {
      await runtime.start(order(world.agents.obedient));
      await runtime.close();
      const second = open();
      await second.start(order(world.agents.obedient));
      expect(await world.countInstances(WORKSPACE)).toBe(1);
      await second.close();
      await open().stop(WORKSPACE, 10_000);
      expect(await world.countInstances(WORKSPACE)).toBe(0);
    });

    it('refuses what can certainly not start, and touches nothing that runs', async () => {
      await runtime.start(order(world.agents.obedient));
      expect(await runtime.check(order(world.agents.obedient))).toBeNull();
      const declined = await runtime.check(order(world.agents.absent));
      expect(declined).toMatchObject({ kind: 'declined' });
      expect(declined?.message).toBeTruthy();
      expect(declined?.hint).toBeTruthy();
      await expect(runtime.start(order(world.agents.absent))).rejects.toThrow();
      expect(await world.countInstances(WORKSPACE)).toBe(1);
    });

    it('sweeps away the instances of workspaces nobody knows, and only those', async () => {
      await runtime.start(order(world.agents.obedient));
      await runtime.start(order(world.agents.obedient, OTHER));
      await runtime.close();
      const successor = open();
      expect(await successor.sweep((id) => id === WORKSPACE)).toEqual([OTHER]);
      expect(await world.countInstances(OTHER)).toBe(0);
      expect(await world.countInstances(WORKSPACE)).toBe(1);
      expect(await successor.sweep((id) => id === WORKSPACE)).toEqual([]);
    });

    it('gives the last lines of the output, and goes on with what follows', async () => {
      await runtime.start(order(world.agents.prints(['one', 'two', 'three'])));
      const follow = new AbortController();
      const lines: string[] = [];
      for await (const line of runtime.logs(WORKSPACE, {
        tail: 10,
        follow: true,
        signal: follow.signal,
      })) {
        if (lines.push(line) === 3) follow.abort();
      }
      expect(lines).toEqual(['one', 'two', 'three']);
      expect(await collect(runtime.logs(WORKSPACE, { tail: 2, follow: false }))).toEqual(['two', 'three']);
      expect(await collect(runtime.logs(OTHER, { tail: 2, follow: false }))).toEqual([]);
    });

    it('refuses to destroy what runs, and destroys what is stopped, twice', async () => {
      await runtime.start(order(world.agents.obedient));
      await expect(runtime.destroy(WORKSPACE, { purge: true })).rejects.toThrow();
      await runtime.stop(WORKSPACE, 10_000);
      await runtime.destroy(WORKSPACE, { purge: true });
      await runtime.destroy(WORKSPACE, { purge: true });
      expect(await runtime.find(WORKSPACE)).toBeNull();
    });
  });
};
