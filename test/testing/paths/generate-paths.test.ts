import { describe, expect, it } from 'vitest';
import { assign, createMachine, fromPromise, sendTo, setup } from 'xstate';
import { KeepwellError } from '../../../src/errors.ts';
import { generatePaths, type PathOptions, type Paths } from '../../../src/testing/index.ts';

/** Lamp with a counter: what is reached depends on more than the state. */
const lamp = setup({
  types: {
    context: {} as { presses: number },
    events: {} as { type: 'pressed'; hard: boolean } | { type: 'cut' },
  },
}).createMachine({
  id: 'lamp',
  context: { presses: 0 },
  initial: 'off',
  states: {
    off: {
      on: {
        pressed: [
          { guard: ({ context }) => context.presses >= 2, target: 'burnt' },
          { target: 'on', actions: assign({ presses: ({ context }) => context.presses + 1 }) },
        ],
      },
    },
    on: { on: { pressed: { guard: ({ event }) => event.hard, target: 'off' }, cut: 'off' } },
    burnt: { on: { pressed: {} } },
  },
});

const PRESSES = {
  pressed: [
    { event: { hard: true }, title: 'a hard press' },
    { event: { hard: false }, title: 'a soft press' },
  ],
};

const titles = ({ paths }: Paths): string[] => paths.map(({ title }) => title);
const lampPaths = (options: Partial<PathOptions>) =>
  generatePaths(lamp, { strategy: 'transitions', cases: PRESSES, ...options });

describe('paths over every transition', () => {
  it('take each once, by a shortest way, and leave out what another path begins with', () => {
    expect(titles(lampPaths({}))).toEqual([
      'from off, a hard press, then cut, reaches off',
      'from off, a hard press, then a hard press, then a hard press, then a hard press, then a hard press, reaches burnt',
    ]);
  });

  it('say of every step where it leads, by which edges, and under which name', () => {
    const [first] = lampPaths({}).paths;
    expect(first).toMatchObject({ from: 'off', to: 'off', start: { input: undefined }, startEdges: [] });
    expect(first?.steps[0]).toEqual({
      event: { type: 'pressed', hard: true },
      title: 'a hard press',
      name: 'pressed{true}',
      from: 'off',
      to: 'on',
      edges: ['off|pressed|1'],
      moved: true,
    });
  });

  it('add, when asked to, events that a state must ignore', () => {
    expect(titles(lampPaths({ ignored: true }))).toContain('from off, cut, stays in off');
    expect(titles(lampPaths({ ignored: true }))).toContain(
      'from off, a hard press, then a soft press, stays in on',
    );
  });

  it('end in a state, when asked to, with a transition that arrives there', () => {
    expect(titles(lampPaths({ to: ['off'] }))).toEqual([
      'from off, a hard press, then a hard press, reaches off',
      'from off, a hard press, then cut, reaches off',
    ]);
  });
});

describe('paths over every two transitions in a row', () => {
  it('take each pair', () => {
    const pairs = lampPaths({ strategy: 'pairs' }).paths.flatMap(({ steps }) =>
      steps.slice(1).map(({ edges }, index) => `${steps[index]?.edges.join()} then ${edges.join()}`),
    );
    expect([...new Set(pairs)].toSorted()).toEqual([
      'off|pressed|1 then on|cut|0',
      'off|pressed|1 then on|pressed|0',
      'on|cut|0 then off|pressed|0',
      'on|cut|0 then off|pressed|1',
      'on|pressed|0 then off|pressed|0',
      'on|pressed|0 then off|pressed|1',
    ]);
  });

  it('are paths that the machine follows, also when the key leaves out what decides', () => {
    const key = ({ value }: { value: unknown }) => String(value);
    const { paths } = lampPaths({ strategy: 'pairs', key });
    expect(paths.every(({ steps }) => steps.at(-1)?.to !== 'burnt')).toBe(true);
    const walked = lampPaths({ strategy: 'shortest', key, through: ['on'], to: ['off'] });
    expect(titles(walked)).toEqual(['from off, a hard press, then a hard press, reaches off']);
  });
});

describe('shortest paths', () => {
  it('reach every state that the key tells apart', () => {
    const leaves = ({ paths }: Paths) => paths.flatMap(({ steps }) => steps.map(({ to }) => to));
    expect(new Set(leaves(lampPaths({ strategy: 'shortest' })))).toEqual(new Set(['on', 'off', 'burnt']));
    const { walked } = lampPaths({ strategy: 'shortest' });
    expect(walked).toEqual({ states: 6, cases: 12 });
  });

  it('pass, when asked to, through states in an order', () => {
    const options = { strategy: 'shortest', to: ['on'], through: ['on', 'off'] } as const;
    expect(lampPaths(options).paths[0]?.steps.map(({ to }) => to)).toEqual(['on', 'off', 'on']);
  });
});

describe('simple paths', () => {
  const square = createMachine({
    id: 'square',
    initial: 'a',
    states: {
      a: { on: { right: 'b', down: 'c' } },
      b: { on: { down: 'd', left: 'a' } },
      c: { on: { right: 'd', up: 'a' } },
      d: {},
    },
  });

  it('are all ways that meet no state twice', () => {
    expect(titles(generatePaths(square, { strategy: 'simple', to: ['d'] }))).toEqual([
      'from a, right, then down, reaches d',
      'from a, down, then right, reaches d',
    ]);
  });

  it('stop at a limit, and say so', () => {
    const { paths, cut } = generatePaths(square, { strategy: 'simple', to: ['d'], limits: { paths: 1 } });
    expect(paths).toHaveLength(1);
    expect(cut).toEqual([{ limit: 'paths', at: 1, left: 1, text: 'left out: 1 or more beyond the first 1' }]);
  });
});

describe('limits', () => {
  const endless = setup({ types: { context: {} as { n: number } } }).createMachine({
    id: 'endless',
    context: { n: 0 },
    on: { more: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
  });

  it('say how many states they left out', () => {
    const { cut, walked } = generatePaths(endless, { strategy: 'shortest', limits: { states: 10 } });
    expect(walked.states).toBe(11);
    expect(cut.map(({ text }) => text)).toEqual(['left out: what 1 states beyond the first 10 lead to']);
  });

  it('say what lies beyond the longest path', () => {
    const { cut, paths } = generatePaths(endless, { strategy: 'shortest', limits: { steps: 4 } });
    expect(paths.map(({ steps }) => steps.length)).toEqual([4]);
    expect(cut.map(({ text }) => text)).toEqual(['left out: what 1 states at 4 steps lead to']);
  });

  it('say how many paths they left out', () => {
    expect(lampPaths({ limits: { paths: 1 } }).cut).toEqual([
      { limit: 'paths', at: 1, left: 1, text: 'left out: 1 beyond the first 1' },
    ]);
  });

  it('leave nothing out, and say nothing, where they are not reached', () => {
    expect(lampPaths({}).cut).toEqual([]);
  });
});

describe('what a machine is made of', () => {
  it('delays are deadlines with a name, and say where they are when two are alike', () => {
    const twins = createMachine({
      id: 'twins',
      type: 'parallel',
      states: {
        one: { initial: 'a', states: { a: { after: { 1000: 'b' } }, b: {} } },
        two: { initial: 'a', states: { a: { after: { 1000: 'b', 2500: 'c' } }, b: {}, c: {} } },
      },
    });
    const { paths } = generatePaths(twins, { strategy: 'shortest' });
    const names = new Set(paths.flatMap(({ steps }) => steps.map(({ name, title }) => `${title}: ${name}`)));
    expect(names).toContain('2.5 s pass: deadline.passed{2500}');
    expect(names).toContain('1 s pass in a: deadline.passed{1000,a}');
    expect(paths[0]?.from).toBe('one.a,two.a');
  });

  it('invoked actors end as the machine listens, and nothing of them runs', () => {
    let ran = 0;
    const effect = fromPromise(async () => {
      ran += 1;
    });
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: { invoke: { id: 'load', src: effect, onDone: 'b', onError: 'c' } },
        b: { invoke: { id: 'save', src: effect, systemId: 'saver', onDone: 'c' } },
        c: { on: { again: 'b' } },
      },
    });
    const { paths } = generatePaths(machine, { strategy: 'transitions' });
    const names = paths.map(({ steps }) => steps.map(({ name }) => name).join(' '));
    expect(names).toEqual(['load.settled save.settled', 'load.failed again']);
    expect(ran).toBe(0);
  });

  it('states that are left at once are on the edges of a step, also at the beginning', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'start',
      states: {
        start: { always: 'a' },
        a: { on: { go: 'between' } },
        between: { always: { target: 'b' } },
        b: {
          type: 'parallel',
          onDone: 'c',
          states: { x: { initial: 'y', states: { y: { type: 'final' } } } },
        },
        c: {},
      },
    });
    const [path] = generatePaths(machine, { strategy: 'shortest' }).paths;
    expect(path?.startEdges).toEqual(['start||0']);
    expect(path?.steps.map(({ edges, to }) => [edges, to])).toEqual([
      [['a|go|0', 'between||0', 'b|xstate.done.state.m.b|0'], 'c'],
    ]);
  });

  it('several inputs begin several paths, which say so', () => {
    const machine = setup({
      types: { input: {} as { big: boolean }, context: {} as { big: boolean } },
    }).createMachine({
      id: 'm',
      context: ({ input }) => input,
      initial: 'a',
      states: {
        a: { on: { go: [{ guard: ({ context }) => context.big, target: 'b' }, { target: 'c' }] } },
        b: {},
        c: {},
      },
    });
    const starts = [true, false].map((big) => ({ title: big ? 'a big one' : 'a small one', input: { big } }));
    expect(titles(generatePaths(machine, { strategy: 'shortest', starts }))).toEqual([
      'a big one: from a, go, reaches b',
      'a small one: from a, go, reaches c',
    ]);
  });

  it('history and wildcards are honoured', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'run',
      states: {
        run: {
          initial: 'one',
          on: { 'pause.*': 'halted' },
          states: { one: { on: { next: 'two' } }, two: {}, back: { type: 'history' } },
        },
        halted: { on: { resumed: 'run.back' } },
      },
    });
    const cases = { 'pause.asked': [{}] };
    const paths = generatePaths(machine, { strategy: 'shortest', cases });
    expect(titles(paths)).toContain('from one, next, then pause asked, then resumed, reaches two');
  });
});

describe('a machine that cannot be walked', () => {
  const refusal = (run: () => unknown): KeepwellError => {
    try {
      run();
    } catch (error) {
      if (error instanceof KeepwellError) return error;
      throw error;
    }
    throw new Error('it was walked');
  };

  it('for want of an input is refused, not taken for one without paths', () => {
    const needs = createMachine({
      id: 'm',
      context: ({ input }) => ({ name: (input as { name: string }).name }),
    });
    const { code, message, hint } = refusal(() => generatePaths(needs, { strategy: 'shortest' }));
    expect([code, message]).toEqual(['MACHINE_BREAKS', expect.stringContaining('m cannot begin')]);
    expect(hint).toContain('starts');
  });

  it('for a guard that throws is refused with the state and the event', () => {
    const throws = createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { on: { go: { guard: ({ event }) => event.list.length > 0, target: 'b' } } }, b: {} },
    });
    expect(refusal(() => generatePaths(throws, { strategy: 'shortest' })).message).toMatch(
      /^a cannot take go: /,
    );
  });

  it('for an outcome that nobody handles is refused', () => {
    const dies = createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { invoke: { id: 'load', src: fromPromise(async () => {}), onDone: 'b' } }, b: {} },
    });
    const outcomes = { load: [{ error: new Error('broken') }] };
    const { message, hint } = refusal(() => generatePaths(dies, { strategy: 'shortest', outcomes }));
    expect(message).toBe('a cannot take xstate.error.actor.load: broken');
    expect(hint).toContain('onError');
  });

  it('to a state that is not there, or is several, is refused with those that are', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { initial: 'x', states: { x: {} } }, b: { initial: 'x', states: { x: {} } } },
    });
    const ask = (to: string) => refusal(() => generatePaths(machine, { strategy: 'shortest', to: [to] }));
    expect(ask('c').hint).toBe('Write one of a, a.x, b, b.x.');
    expect(ask('x')).toMatchObject({ code: 'MACHINE_STATE_UNKNOWN', hint: 'Write one of a.x, b.x.' });
  });
});

it('messages between actors of a machine reach nobody', () => {
  const machine = createMachine({
    id: 'm',
    initial: 'a',
    invoke: { id: 'child', src: createMachine({ id: 'child' }) },
    states: { a: { on: { go: { target: 'b', actions: sendTo('child', { type: 'x' }) } } }, b: {} },
  });
  expect(titles(generatePaths(machine, { strategy: 'shortest' }))).toEqual(['from a, go, reaches b']);
});
