import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Step } from '../../src/testing/paths/types.ts';
import { soon } from './drive.ts';
import { follow, onward, stepNamed, WAYS_INTO_ONLINE } from './driven-paths.ts';
import { type DrivenProgram, openDriven } from './driven-program.ts';
import { createFleet, type Member } from './faulty-fleet.ts';
import { mountSmallDisk, type SmallDisk } from './full-disk.ts';
import { createDataFolder, offerPlugin, stopAgents } from './program.ts';
import { BOUNDARIES, type Boundary } from './scripted-hands.ts';
import { createPolicies, follows, movesClock, type Way, waysIntoOnline } from './ways-into-online.ts';

/**
 * Every generated way into online × {no fault, kill -9 before it, kill -9 in it, disk full in it}, in a supervisor that
 * is a process of its own: HTTP, SQLite, real agents, real plugins. Up to the fault it is led step by step; afterwards
 * everything is done for real. All workspaces of a fault share one supervisor, one kill and one full disk.
 */

const FAULTS = ['no fault', 'kill -9 before it', 'kill -9 in it', 'disk full in it'] as const;
type Fault = (typeof FAULTS)[number];

const HOUR_MS = 3_600_000;

const ways = waysIntoOnline();
/** Only eight workspaces at a time look at their plugins on the disk, and those that are held there hold up the others. */
const GROUP = 6;
const groups = ways.flatMap((_, index) => (index % GROUP === 0 ? [ways.slice(index, index + GROUP)] : []));
const outcomes = new Map<string, Error | null>();
const nameOf = ({ way, fault }: Pick<Cell, 'way' | 'fault'>): string => `${way.id} × ${fault}`;

type Known = Awaited<ReturnType<Member['look']>>;
/** `member` is there from when its path is led, `known` from before its supervisor was killed. */
type Cell = { way: Way; fault: Fault; member: Member; known: Known | null; tail: Step[] };

let disk: SmallDisk | string;
let data: ReturnType<typeof createDataFolder>;
let program: DrivenProgram;
let fleet: ReturnType<typeof createFleet>;

const LANES = 4;

/** As many at once as can be; those whose steps move the clock first, one after the other. */
const each = async (
  cells: readonly Cell[],
  act: (given: Cell) => Promise<unknown>,
  stepsOf: (given: Cell) => readonly Step[] = () => [],
): Promise<void> => {
  const attempt = async (given: Cell) => {
    const name = nameOf(given);
    if (outcomes.get(name) instanceof Error) return;
    try {
      await act(given);
    } catch (error) {
      outcomes.set(name, error as Error);
    }
  };
  const { waiting = [], still = [] } = Object.groupBy(cells, (given) =>
    stepsOf(given).some(movesClock) ? 'waiting' : 'still',
  );
  for (const given of waiting) await attempt(given);
  const lanes = Object.values(Object.groupBy(still, (given) => still.indexOf(given) % LANES));
  await Promise.all(
    lanes.map(async (lane = []) => {
      for (const given of lane) await attempt(given);
    }),
  );
};

const whole = ({ way }: Cell) => way.path.steps;
const allButLast = ({ way }: Cell) => way.path.steps.slice(0, -1);

/** Leads a new workspace for each way along its path. */
const leadAll = async (
  fault: Fault,
  group: readonly Way[],
  stepsOf: (given: Cell) => readonly Step[],
): Promise<Cell[]> => {
  const policyOf = createPolicies();
  const cells = group.map((way): Cell => ({ way, fault, member: NOBODY, known: null, tail: [] }));
  const lead = async (given: Cell) => {
    const { path } = given.way;
    const name = `w${FAULTS.indexOf(fault)}-${ways.indexOf(given.way)}`;
    given.member = await fleet.join(name, path, policyOf(path));
    await given.member.begin();
    await given.member.lead(stepsOf(given));
  };
  await each(cells, lead, stepsOf);
  return cells;
};

const NOBODY = null as unknown as Member;

/** Everything is done for real until nothing is left to do. */
const finish = (cells: readonly Cell[]) =>
  each(cells, async (given) => {
    await given.member.rest();
    await given.member.remove();
    outcomes.set(nameOf(given), null);
  });

/** Kills the supervisor, and expects everything to be there when it is back. */
const kill = async (cells: readonly Cell[], stepsOf: (given: Cell) => readonly Step[]) => {
  await each(cells, async (given) => {
    given.known = await given.member.look();
  });
  await program.kill9();
  await program.start();
  await each(cells, async (given) => {
    const { member, known, way } = given;
    await member.introduceAgain(known as Known);
    const { step, after } = stepNamed(follow({ ...way.path, steps: stepsOf(given) }), 'supervisor.resumed');
    await member.come(step);
    await member.expectKept(known as Known);
    given.tail = onward(after, ({ edges }) => edges.includes(way.id), follows) ?? [];
  });
};

const ROUNDS: Record<Fault, (group: readonly Way[]) => Promise<void>> = {
  async 'no fault'(group) {
    const cells = await leadAll('no fault', group, whole);
    await each(cells, ({ member }) => member.mark());
    await finish(cells);
  },

  async 'kill -9 before it'(group) {
    const cells = await leadAll('kill -9 before it', group, allButLast);
    await each(cells, ({ member }) => member.mark());
    await kill(cells, allButLast);
    const goOn = async ({ member, tail, way }: Cell) => {
      if (tail.length === 0) throw new Error(`no way on leads over ${way.id}`);
      await member.lead(tail);
    };
    await each(cells, goOn, ({ tail }) => tail);
    await finish(cells);
  },

  async 'kill -9 in it'(group) {
    const cells = await leadAll('kill -9 in it', group, whole);
    await each(cells, async ({ member, way }) => {
      await member.mark();
      await member.holdAt(BOUNDARIES[ways.indexOf(way) % BOUNDARIES.length] as Boundary);
    });
    await kill(cells, whole);
    await finish(cells);
  },

  async 'disk full in it'(group) {
    const cells = await leadAll('disk full in it', group, whole);
    await each(cells, async ({ member }) => {
      await member.mark();
      await member.untilReconciling();
    });
    await fill(cells, true);
    await each(cells, async ({ member }) => {
      await member.free();
      const view = await member.isBlocked();
      expect(view).toMatchObject({ status: 'online', reason: { code: 'plugins-blocked' } });
      expect(JSON.stringify(view)).toMatch(/ENOSPC|no space left/);
      expect((await member.beat()).status).toBe(200);
    });
    await fill(cells, false);
    await soon(
      'the disk being written again',
      async () => (await program.api.request('GET', '/readyz')).status === 200,
    );
    await program.advance(HOUR_MS);
    await finish(cells);
  },
};

const fill = async (cells: readonly Cell[], isFull: boolean) => {
  if (typeof disk !== 'string') return isFull ? disk.fill() : disk.free();
  for (const { member } of cells) await program.ask('setDiskFull', member.id, isFull);
};

const titleOf = ({ path }: Way): string =>
  `${path.title.replace(/:.*/, '')}: ${path.steps.map(({ title }) => title).join(', then ')}`;

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
      for (const group of groups) await ROUNDS[fault](group);
      console.log(`${fault.padEnd(20)} ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    }
  }, 180_000);

  for (const fault of FAULTS)
    describe(fault, () => {
      it.each(ways.map((way) => [titleOf(way), way] as const))('%s', (_, way) => {
        const outcome = outcomes.get(nameOf({ way, fault }));
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
      const passed = ways.filter((way) => outcomes.get(nameOf({ way, fault })) === null);
      console.log(`${fault.padEnd(24)} ${String(passed.length).padStart(4)} of ${WAYS_INTO_ONLINE.length}`);
    }
    expect(ways.map(({ id }) => id).toSorted()).toEqual([...WAYS_INTO_ONLINE].toSorted());
  });
});
