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

/** Until plugins that could not be installed are tried again. */
const RETRY_MS = 20 * 60_000;

const ways = waysIntoOnline();
/**
 * Only so many workspaces at a time look at their plugins on the disk or build a set there, and one that is held while
 * it does is one of them.
 */
const AT_THE_DISK = 8;
const holdsDisk = (boundary: Boundary): boolean => boundary === 'planning' || boundary === 'staging';

/** Where the reconcile of a way is held: each boundary in turn. */
const boundaryOf = (way: Way): Boundary => {
  const possible = way.path.steps.some(movesClock)
    ? BOUNDARIES.filter((boundary) => !holdsDisk(boundary))
    : BOUNDARIES;
  return possible[ways.indexOf(way) % possible.length] as Boundary;
};

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

/** What one workspace does not stand costs that one only. */
const attempt = async (given: Cell, act: (given: Cell) => Promise<unknown>): Promise<void> => {
  const name = nameOf(given);
  if (outcomes.get(name) instanceof Error) return;
  try {
    await act(given);
  } catch (error) {
    outcomes.set(name, error as Error);
    // It must not hold up the others.
    await given.member?.free().catch(() => undefined);
  }
};

type Act = (given: Cell) => Promise<unknown>;

const oneByOne = async (cells: readonly Cell[], act: Act): Promise<void> => {
  for (const given of cells) await attempt(given, act);
};

const together = async (cells: readonly Cell[], act: Act): Promise<void> => {
  const lanes = Object.values(Object.groupBy(cells, (given) => cells.indexOf(given) % LANES));
  await Promise.all(lanes.map((lane = []) => oneByOne(lane, act)));
};

const whole = ({ way }: Cell) => way.path.steps;
const allButLast = ({ way }: Cell) => way.path.steps.slice(0, -1);

/** Leads a new workspace for each way along its path. Those that move the clock go first, one after the other. */
const leadAll = async (
  fault: Fault,
  {
    among = ways,
    stepsOf = whole,
    hold = async () => {},
  }: { among?: readonly Way[]; stepsOf?: StepsOf; hold?: Act } = {},
): Promise<Cell[]> => {
  const policyOf = createPolicies();
  const cells = among.map((way): Cell => ({ way, fault, member: NOBODY, known: null, tail: [] }));
  const lead = async (given: Cell) => {
    const { path } = given.way;
    const name = `w${FAULTS.indexOf(fault)}-${ways.indexOf(given.way)}`;
    given.member = await fleet.join(name, path, policyOf(path));
    await given.member.begin();
    await given.member.lead(stepsOf(given));
    await given.member.mark();
    await hold(given);
  };
  const {
    clock = [],
    disk: atDisk = [],
    others = [],
  } = Object.groupBy(cells, (given) => {
    if (stepsOf(given).some(movesClock)) return 'clock';
    return holdsDisk(boundaryOf(given.way)) ? 'disk' : 'others';
  });
  await oneByOne(clock, lead);
  await together(others, lead);
  await oneByOne(atDisk, lead);
  return cells;
};

type StepsOf = (given: Cell) => readonly Step[];
const NOBODY = null as unknown as Member;

/** Everything is done for real until nothing is left to do. */
const rest = async (given: Cell) => {
  await given.member.rest();
  await given.member.remove();
  outcomes.set(nameOf(given), null);
};

const restAll = async (cells: readonly Cell[]) => {
  await together(cells, ({ member }) => member.free());
  await together(cells, rest);
};

/** Kills the supervisor, and expects everything to be there when it is back. */
const kill = async (cells: readonly Cell[], stepsOf: StepsOf) => {
  await together(cells, async (given) => {
    given.known = await given.member.look();
  });
  await program.kill9();
  await oneByOne(cells, async ({ member }) => member.expectStored());
  await program.start();
  await together(cells, async (given) => {
    const { member, known, way } = given;
    await member.introduceAgain(known as Known);
    const { step, after } = stepNamed(follow({ ...way.path, steps: stepsOf(given) }), 'supervisor.resumed');
    await member.come(step);
    await member.expectKept(known as Known);
    given.tail = onward(after, ({ edges }) => edges.includes(way.id), follows) ?? [];
  });
};

/** So many that all of them can look at the disk when the supervisor is back, and one more. */
const groupsBeforeIt = (): Way[][] => {
  const { online = [], elsewhere = [] } = Object.groupBy(ways, ({ path }) =>
    path.steps.at(-1)?.from.startsWith('wanted.online.') ? 'online' : 'elsewhere',
  );
  const count = Math.ceil(online.length / (AT_THE_DISK - 1));
  const nth = (among: Way[], number: number) => among.filter((_, index) => index % count === number);
  return Array.from({ length: count }, (_, number) => [...nth(elsewhere, number), ...nth(online, number)]);
};

const ROUNDS: Record<Fault, () => Promise<void>> = {
  async 'no fault'() {
    const cells = await leadAll('no fault', { hold: ({ member }) => member.holdAt('fetching') });
    await restAll(cells);
  },

  async 'kill -9 before it'() {
    for (const among of groupsBeforeIt()) {
      const cells = await leadAll('kill -9 before it', { among, stepsOf: allButLast });
      await kill(cells, allButLast);
      await oneByOne(cells, async (given) => {
        if (given.tail.length === 0) throw new Error(`no way on leads over ${given.way.id}`);
        await given.member.lead(given.tail);
        await rest(given);
      });
    }
  },

  async 'kill -9 in it'() {
    const hold: Act = ({ member, way }) => member.holdAt(boundaryOf(way));
    const cells = await leadAll('kill -9 in it', { hold });
    await kill(cells, whole);
    await restAll(cells);
  },

  async 'disk full in it'() {
    const cells = await leadAll('disk full in it', { hold: ({ member }) => member.holdAt('fetching') });
    await fill(cells, true);
    let blocked = 0;
    await together(cells, async ({ member }) => {
      await member.free();
      const view = await member.isHeldUp();
      expect(view.status).toBe('online');
      if (view.state === 'wanted.online.blocked') {
        blocked += 1;
        expect(view.reason.code).toBe('plugins-blocked');
        expect(JSON.stringify(view)).toMatch(/ENOSPC|no space left/);
      }
      expect((await member.beat()).status).toBe(200);
    });
    expect(blocked).toBeGreaterThan(ways.length / 2);
    await fill(cells, false);
    await soon(
      'the disk being written again',
      async () => (await program.api.request('GET', '/readyz')).status === 200,
    );
    await program.advance(RETRY_MS);
    await restAll(cells);
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
    if (typeof disk === 'string') console.log(`no disk is filled, the hands say that it is full: ${disk}`);
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
