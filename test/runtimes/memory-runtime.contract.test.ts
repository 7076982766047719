import { expect, it } from 'vitest';
import { systemClock } from '../../src/supervisor/clock.ts';
import { type Behaviour, createMemoryInstances } from '../../src/testing/memory/memory-instances.ts';
import { createMemoryRuntime } from '../../src/testing/memory/memory-runtime.ts';
import { type AgentCommands, describeRuntimeContract } from './contract.ts';

const agents: AgentCommands = {
  obedient: ['obedient'],
  stubborn: ['stubborn'],
  exits: (code) => ['exits', String(code)],
  prints: (lines) => ['prints', ...lines],
  absent: ['absent'],
};

const BEHAVIOURS: Record<string, (words: string[]) => Behaviour> = {
  obedient: () => ({ prints: ['ready'] }),
  stubborn: () => ({ prints: ['ready'], stopsInMs: null }),
  exits: ([code]) => ({ exits: { afterMs: 0, code: Number(code) } }),
  prints: (lines) => ({ prints: lines }),
  absent: () => ({
    declined: { kind: 'declined', code: 'COMMAND_NOT_FOUND', message: 'There is none.', hint: 'Add it.' },
  }),
};

const createWorld = () => {
  const instances = createMemoryInstances({
    clock: systemClock,
    behave: ({ command: [kind = '', ...words] }) => BEHAVIOURS[kind]?.(words) ?? {},
  });
  return {
    instances,
    agents,
    open: () => createMemoryRuntime('process', instances),
    countInstances: async (workspaceId: string) => (instances.find(workspaceId) === null ? 0 : 1),
    crash: async (workspaceId: string) => {
      instances.crash(workspaceId, { signal: 'SIGKILL' });
    },
    async dispose() {
      // A count of at most one proves nothing here: the world itself tells of a second one.
      expect(instances.violations).toEqual([]);
    },
  };
};

describeRuntimeContract('memory', async () => createWorld());

const spec = (incarnation: number) => ({
  workspaceId: 'w1',
  incarnation,
  command: agents.obedient,
  sidecar: false,
  container: null,
  env: {},
  token: 'token',
  url: 'http://supervisor',
});

it('finds out when a second instance is started before the first is gone', async () => {
  const { instances } = createWorld();
  instances.begin(spec(1));
  instances.begin(spec(2));
  expect(instances.violations).toEqual(['two instances of w1 run at a time: incarnations 1 and 2']);
});

it('does and answers nothing once its life is over, and what runs goes on', async () => {
  const { instances } = createWorld();
  let over = false;
  const dies = { step: (what: string) => void (over ||= what === 'runtime.begun'), isOver: () => over };
  const dead = createMemoryRuntime('process', instances, dies);
  const exits: unknown[] = [];
  dead.onExit((exit) => exits.push(exit));
  const answers: unknown[] = [];
  const listen = (work: Promise<unknown>) =>
    work.then(
      (answer) => answers.push(answer),
      (error: unknown) => answers.push(error),
    );
  void listen(dead.start(spec(1)));
  await systemClock.yield();
  for (const work of [dead.stop('w1', 0), dead.find('w2'), dead.destroy('w2', { purge: true })]) {
    void listen(work);
  }
  await systemClock.yield();
  expect(answers).toEqual([]);
  expect(await createMemoryRuntime('process', instances).find('w1')).toMatchObject({ incarnation: 1 });
  instances.crash('w1');
  await systemClock.yield();
  expect(exits).toEqual([]);
});

it('fails where its life says so: before it begins an instance, none runs', async () => {
  const { instances } = createWorld();
  const fails = {
    step: (what: string) => {
      if (what === 'runtime.begin') throw new Error('EAGAIN');
    },
    isOver: () => false,
  };
  const runtime = createMemoryRuntime('process', instances, fails);
  await expect(runtime.start(spec(1))).rejects.toThrow('EAGAIN');
  expect(instances.count()).toBe(0);
  await expect(runtime.find('w1')).resolves.toBeNull();
});
