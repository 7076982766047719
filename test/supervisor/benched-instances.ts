/** Instances that live in the test's memory: it sees what was asked for, and decides when an answer comes. */
import type { Declined } from '../../machines/workspace/types.ts';
import type { Clock, InstanceSpec, Runtime } from '../../src/supervisor/ports.ts';
import { createMemoryInstances } from '../../src/testing/memory/memory-instances.ts';
import { createMemoryRuntime } from '../../src/testing/memory/memory-runtime.ts';
import { createDoor } from '../system/in-process.ts';

/** A command that cannot be started. */
export const MISSING = ['/no/such/program'];

const DECLINED: Declined = {
  kind: 'declined',
  code: 'COMMAND_NOT_FOUND',
  message: 'There is no such command.',
  hint: 'Add it.',
};

export const createBenchedInstances = (clock: Clock) => {
  const doors = { find: createDoor(), check: createDoor(), start: createDoor(), stop: createDoor() };
  /** What was done, in order: `start w1/2`, `stop w1`, `destroy w1`. */
  const done: string[] = [];
  const hooks = {
    onStart: (() => undefined) as (spec: InstanceSpec) => void,
    /** What it throws is the driver's answer. */
    onFind: () => undefined as void,
    sweep: async (_isKnown: (workspaceId: string) => boolean): Promise<string[]> => [],
  };
  const world = createMemoryInstances({
    clock,
    behave: ({ command }) => (command[0] === MISSING[0] ? { declined: DECLINED } : {}),
    onBegin: (spec) => {
      done.push(`start ${spec.workspaceId}/${spec.incarnation}`);
      hooks.onStart(spec);
    },
  });
  const life = {
    isOver: () => false,
    async step(what: string, workspaceId: string | null): Promise<void> {
      if (what === 'runtime.find') hooks.onFind();
      if (what === 'runtime.stopped') done.push(`stop ${workspaceId}`);
      if (what === 'runtime.destroy') done.push(`destroy ${workspaceId}`);
      const door = what.replace('runtime.', '');
      if (door in doors) await doors[door as keyof typeof doors].pass();
    },
  };

  return {
    /** A driver as a supervisor gets it when it starts. */
    open: (): Runtime => ({
      ...createMemoryRuntime('process', world, life),
      sweep: (isKnown) => hooks.sweep(isKnown),
    }),
    doors,
    done,
    hooks,
    /** The incarnation that runs; null for none. */
    runningOf: (id: string): number | null => world.find(id)?.instance.incarnation ?? null,
    /** An instance ends and its end is noticed. */
    exit(id: string): void {
      if (!world.crash(id)) throw new Error(`${id} does not run`);
    },
    /** Everything ends and nobody is there to notice, as when the machine goes down. */
    loseAll: (): void => world.loseAll(),
  };
};
