/** Instances that live in the test's memory: it sees what was asked for, and decides when an answer comes. */
import type { RuntimeName } from '../../machines/workspace/spec.ts';
import type { Declined } from '../../machines/workspace/types.ts';
import { createTurns } from '../../src/runtimes/turns.ts';
import type { Instance, InstanceExit, InstanceSpec, Runtime } from '../../src/supervisor/ports.ts';
import { createDoor } from '../system/in-process.ts';

/** A command that cannot be started. */
export const MISSING = ['/no/such/program'];

const DECLINED: Declined = {
  kind: 'declined',
  code: 'COMMAND_NOT_FOUND',
  message: 'There is no such command.',
  hint: 'Add it.',
};

export const createMemoryRuntime = (name: RuntimeName = 'process') => {
  const turns = createTurns();
  const running = new Map<string, Instance>();
  const listeners = new Set<(exit: InstanceExit) => void>();
  const doors = { find: createDoor(), check: createDoor(), start: createDoor(), stop: createDoor() };
  /** What was done, in order: `start w1/2`, `stop w1`, `destroy w1`. */
  const done: string[] = [];
  const hooks = {
    onStart: (() => undefined) as (spec: InstanceSpec) => void,
    sweep: async (): Promise<string[]> => [],
  };

  const runtime: Runtime = {
    name,
    owned: name !== 'external',
    async check({ command }) {
      await doors.check.pass();
      return command[0] === MISSING[0] ? DECLINED : null;
    },
    async find(id) {
      await doors.find.pass();
      return turns(id, async () => running.get(id) ?? null);
    },
    start: (spec) =>
      turns(spec.workspaceId, async () => {
        await doors.start.pass();
        done.push(`start ${spec.workspaceId}/${spec.incarnation}`);
        hooks.onStart(spec);
        const { workspaceId, incarnation } = spec;
        const instance = { workspaceId, incarnation, startedAt: 0, pid: done.length };
        running.set(workspaceId, instance);
        return instance;
      }),
    stop: (id) =>
      turns(id, async () => {
        await doors.stop.pass();
        done.push(`stop ${id}`);
        running.delete(id);
      }),
    destroy: (id) => turns(id, async () => void done.push(`destroy ${id}`)),
    onExit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    sweep: () => hooks.sweep(),
    async *logs() {},
    close: async () => {},
  };

  return {
    runtime,
    doors,
    done,
    hooks,
    /** The incarnation that runs; null for none. */
    runningOf: (id: string): number | null => running.get(id)?.incarnation ?? null,
    /** An instance ends and its end is noticed. */
    exit(id: string): void {
      const { incarnation } = running.get(id) as Instance;
      running.delete(id);
      for (const listener of listeners) listener({ workspaceId: id, incarnation, code: 1, signal: null });
    },
    /** Everything ends and nobody is there to notice, as when the machine goes down. */
    loseAll: (): void => running.clear(),
  };
};
