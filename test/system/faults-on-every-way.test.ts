import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Step } from '../../src/testing/paths/types.ts';
import { soon } from './drive.ts';
import { follow, onward, stepNamed, WAYS_INTO_ONLINE } from './driven-paths.ts';
import { type DrivenProgram, openDriven } from './driven-program.ts';
import { createFleet, type Member } from './faulty-fleet.ts';
import { mountSmallDisk, type SmallDisk } from './full-disk.ts';
import { createDataFolder, offerPlugin, stopAgents } from './program.ts';
import { BOUNDARIES } from './scripted-hands.ts';
import { createPolicies, follows, movesClock, type Way, waysIntoOnline } from './ways-into-online.ts';

/**
 * Every generated way into online × {no fault, kill -9 before it, kill -9 in it, disk full in it}, in a supervisor that
 * is a process of its own: HTTP, SQLite, real agents, real plugins. Up to the fault it is led step by step; afterwards
 * everything is done for real. All workspaces of a fault share one supervisor, one kill and one full disk.
 */

const FAULTS = ['no fault', 'kill -9 before it', 'kill -9 in it', 'disk full in it'] as const;
type Fault = (typeof FAULTS)[number];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const ways = waysIntoOnline();
const outcomes = new Map<string, Error | null>();
const cell = (way: Way, fault: Fault): string => `${way.id} × ${fault}`;

type Placed = { way: Way; member: Member };

let disk: SmallDisk | string;
let data: ReturnType<typeof createDataFolder>;
let program: DrivenProgram;
let fleet: ReturnType<typeof createFleet>;

/** Lets as many as can go at once go at once: those for which time has to pass, one after the other. */
const each = async (
  among: readonly Placed[],
  fault: Fault,
  steps: (way: Way) => readonly Step[],
  act: (placed: Placed) => Promise<void>,
) => {
  const tried = async (placed: Placed) => {
    const name = cell(placed.way, fault);
    if (outcomes.get(name) instanceof Error) return;
    try {
      await act(placed);
    } catch (error) {
      outcomes.set(name, error as Error);
    }
  };
  const [waiting, still] = [true, false].map((moves) =>
    among.filter(({ way }) => steps(way).some(movesClock) === moves),
  ) as [Placed[], Placed[]];
  for (const placed of waiting) await tried(placed);
  await Promise.all(
    [0, 1, 2, 3].map(async (lane) => {
      for (const placed of still.filter((_, index) => index % 4 === lane)) await tried(placed);
    }),
  );
};

const joinAll = async (fault: Fault): Promise<Placed[]> => {
  const policyOf = createPolicies();
  const number = FAULTS.indexOf(fault);
  return Promise.all(
    ways.map(async (way, index) => ({
      way,
      member: await fleet.join(`w${number}-${index}`, way.path, policyOf(way.path)),
    })),
  );
};

const whole = ({ path }: Way) => path.steps;
const before = ({ path }: Way) => path.steps.slice(0, -1);
const none = () => [];

/** What was led through everything has to come to rest. */
const finish = (all: readonly Placed[], fault: Fault) =>
  each(all, fault, none, async ({ way, member }) => {
    await member.rest();
    await member.remove();
    outcomes.set(cell(way, fault), null);
  });

const ROUNDS: Record<Fault, () => Promise<void>> = {
  async 'no fault'() {
    const all = await joinAll('no fault');
    await each(all, 'no fault', whole, async ({ way, member }) => {
      await member.lead(whole(way));
      await member.mark();
    });
    await finish(all, 'no fault');
  },

  async 'kill -9 before it'() {
    const fault = 'kill -9 before it';
    const all = await joinAll(fault);
    const known = new Map<Member, Awaited<ReturnType<Member['look']>>>();
    await each(all, fault, before, async ({ way, member }) => {
      await member.begin();
      await member.lead(before(way));
    });
    await each(all, fault, none, async ({ member }) => {
      known.set(member, await member.look());
      await member.mark();
    });
    await program.kill9();
    await program.start();
    const tails = new Map<Way, Step[]>();
    await each(all, fault, none, async ({ way, member }) => {
      const seen = known.get(member);
      if (seen === undefined) return;
      await member.introduceAgain(seen);
      const { step, after } = stepNamed(follow({ ...way.path, steps: before(way) }), 'supervisor.resumed');
      await member.come(step);
      await member.expectKept(seen);
      const tail = onward(after, ({ edges }) => edges.includes(way.id), follows);
      if (tail === null) throw new Error(`no way on leads from ${step.to} over ${way.id}`);
      tails.set(way, tail);
    });
    await each(
      all,
      fault,
      (way) => tails.get(way) ?? [],
      ({ way, member }) => member.lead(tails.get(way) ?? []),
    );
    await finish(all, fault);
  },

  async 'kill -9 in it'() {
    const fault = 'kill -9 in it';
    const all = await joinAll(fault);
    const known = new Map<Member, Awaited<ReturnType<Member['look']>>>();
    await each(all, fault, whole, async ({ way, member }) => {
      await member.lead(whole(way));
    });
    await each(all, fault, none, async ({ way, member }) => {
      await member.mark();
      await member.holdAt(BOUNDARIES[ways.indexOf(way) % BOUNDARIES.length] as (typeof BOUNDARIES)[number]);
      known.set(member, await member.look());
    });
    await program.kill9();
    await program.start();
    await each(all, fault, none, async ({ way, member }) => {
      const seen = known.get(member);
      if (seen === undefined) return;
      await member.introduceAgain(seen);
      await member.come(stepNamed(follow(way.path), 'supervisor.resumed').step);
      await member.expectKept(seen);
    });
    await finish(all, fault);
  },

  async 'disk full in it'() {
    const fault = 'disk full in it';
    const all = await joinAll(fault);
    await each(all, fault, whole, async ({ way, member }) => {
      await member.lead(whole(way));
    });
    await each(all, fault, none, async ({ member }) => {
      await member.mark();
      await member.untilReconciling();
    });
    await fill(all, true);
    await each(all, fault, none, async ({ member }) => {
      await member.free();
      const view = await member.isBlocked();
      expect(view).toMatchObject({ status: 'online', reason: { code: 'plugins-blocked' } });
      expect(JSON.stringify(view.reason)).toMatch(/ENOSPC|no space left/);
      expect((await member.beat()).status).toBe(200);
    });
    await fill(all, false);
    await soon(
      'the disk being written again',
      async () => (await program.api.request('GET', '/readyz')).status === 200,
    );
    await program.advance(HOUR);
    await finish(all, fault);
  },
};

const fill = async (all: readonly Placed[], isFull: boolean) => {
  if (typeof disk !== 'string') return isFull ? disk.fill() : disk.free();
  for (const { member } of all) await program.ask('setDiskFull', member.id, isFull);
};

describe('every way into online', () => {
  beforeAll(async () => {
    data = createDataFolder();
    disk = mountSmallDisk(64);
    const folder = typeof disk === 'string' ? data.path : disk.path;
    for (const name of ['a', 'b'])
      await offerPlugin(folder, name, {
        'plugin.yaml': `name: ${name}\nversion: 1.0.0\n`,
        'hooks/hook.py': `# ${name}\n${'print(1)\n'.repeat(4_000)}`,
        [`skills/${name}/SKILL.md`]: `# ${name}\n`,
      });
    program = openDriven(folder);
    await program.start();
    fleet = createFleet(folder, program);
    for (const fault of FAULTS) {
      const begun = performance.now();
      await ROUNDS[fault]();
      console.log(`${fault.padEnd(20)} ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    }
  }, 180_000);

  for (const fault of FAULTS)
    describe(fault, () => {
      it.each(ways.map((way) => [way.path.title, way] as const))('%s', (_, way) => {
        const outcome = outcomes.get(cell(way, fault));
        if (outcome instanceof Error) throw outcome;
        expect(outcome).toBeNull();
      });
    });

  afterAll(async () => {
    await program.kill9();
    stopAgents(typeof disk === 'string' ? data.path : disk.path);
    if (typeof disk !== 'string') disk.remove();
    data.remove();
    console.log(`ways into online × fault, ${fleet.stepsCompared()} steps compared`);
    for (const fault of FAULTS) {
      const passed = ways.filter((way) => outcomes.get(cell(way, fault)) === null);
      console.log(`${fault.padEnd(24)} ${String(passed.length).padStart(4)} of ${WAYS_INTO_ONLINE.length}`);
    }
    expect(ways.map(({ id }) => id).toSorted()).toEqual([...WAYS_INTO_ONLINE].toSorted());
  });
});
