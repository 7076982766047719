import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import {
  coverage,
  generatePaths,
  machineSystem,
  type Path,
  PathFailure,
  randomWalks,
  runPath,
  type System,
} from '../../../src/testing/index.ts';

const door = createMachine({
  id: 'door',
  initial: 'shut',
  states: {
    shut: {
      initial: 'closed',
      states: { closed: { on: { locked: 'barred' } }, barred: { on: { unlocked: 'closed' } } },
      on: { pushed: 'open' },
    },
    open: { on: { pulled: 'shut' }, after: { slowly: 'shut' } },
  },
});

const paths = generatePaths(door, { strategy: 'transitions' });
const [path] = paths.paths.filter(({ steps }) => steps.length === 2) as [Path];

const failureOf = async (system: System, given = path): Promise<PathFailure> => {
  const error = await runPath(given, system).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PathFailure);
  return error as PathFailure;
};

describe('a system that is led along a path', () => {
  it('is begun, told every step, asked after each where it is, and ended', async () => {
    const heard: string[] = [];
    const machine = machineSystem(door);
    await runPath(path, {
      begin: (given) => {
        heard.push('begin');
        return machine.begin?.(given);
      },
      events: {
        '*': (step) => {
          heard.push(step.title);
          return machine.events['*']?.(step);
        },
      },
      state: () => {
        heard.push('state');
        return machine.state?.();
      },
      end: () => void heard.push('end'),
    });
    const [first, second] = path.steps.map(({ title }) => title);
    expect(heard).toEqual(['begin', 'state', first, 'state', second, 'state', 'end']);
  });

  it('hears a step by its name, its short name, its type, or else by *', async () => {
    const slow = paths.paths.find(({ steps }) => steps.at(-1)?.name === 'deadline.passed{slowly}') as Path;
    const type = slow.steps.at(-1)?.event.type as string;
    for (const name of ['deadline.passed{slowly}', 'deadline.passed', type, '*']) {
      let heard = '';
      await runPath(slow, {
        events: {
          pushed: () => {},
          [name]: (step) => {
            heard = step.title;
          },
        },
      });
      expect(heard).toBe('slowly passes');
    }
  });

  it('is checked in a state, and in every state around it', async () => {
    const seen: string[] = [];
    const check = (name: string) => () => void seen.push(name);
    await runPath(path, {
      events: { '*': () => {} },
      states: { shut: check('shut'), 'shut.closed': check('closed'), open: check('open') },
    });
    const visited = [path.from, ...path.steps.map(({ to }) => to)];
    expect(seen.filter((name) => name === 'shut')).toHaveLength(
      visited.filter((leaf) => leaf.startsWith('shut')).length,
    );
    expect(seen.includes('open')).toBe(visited.includes('open'));
  });

  it('fails with the step, the state that was expected and the one that was seen', async () => {
    const failure = await failureOf({ events: { '*': () => {} }, state: () => ({ shut: 'closed' }) });
    expect(failure).toMatchObject({ step: 1, expected: path.steps[0]?.to, seen: 'shut.closed' });
    expect(failure.message).toBe(
      `step 1 of 2, ${path.steps[0]?.title}: expected ${path.steps[0]?.to}, seen shut.closed\n  on the path: ${path.title}`,
    );
  });

  it('fails at its beginning when it begins elsewhere', async () => {
    const failure = await failureOf({ events: { '*': () => {} }, state: () => 'open' });
    expect(failure.message).toMatch(/^at the beginning: expected shut\.closed, seen open/);
  });

  it('fails with what was thrown, and is ended all the same', async () => {
    let isEnded = false;
    const failure = await failureOf({
      events: {
        '*': () => Promise.reject(new Error('it jams')),
      },
      end: () => {
        isEnded = true;
      },
    });
    expect(failure.message).toContain(`step 1 of 2, ${path.steps[0]?.title}: it jams`);
    expect([failure.seen, failure.cause, isEnded]).toEqual([null, new Error('it jams'), true]);
  });

  it('fails when nothing says how a step is done', async () => {
    expect((await failureOf({ events: {} })).message).toContain('has nothing in `events` for');
  });
});

describe('coverage', () => {
  it('of all paths over transitions is whole, of one path what it takes', () => {
    const whole = coverage(paths, door);
    expect(whole.transitions.covered).toEqual(whole.transitions.all);
    expect(whole.states.all).toEqual(new Set(['shut.closed', 'shut.barred', 'open']));
    const one = coverage([path], door);
    expect(one.transitions.covered).toEqual(new Set(path.steps.flatMap(({ edges }) => edges)));
    expect(one.pairs.covered.size).toBe(1);
  });

  it('counts the pairs that the definition allows, and pairs paths cover all of them', () => {
    const { pairs } = coverage(generatePaths(door, { strategy: 'pairs' }), door);
    expect(pairs.covered).toEqual(pairs.all);
    expect(pairs.all.has('shut.closed|locked|0 → shut|pushed|0')).toBe(true);
    expect(pairs.all.has('shut|pushed|0 → shut|pushed|0')).toBe(false);
  });
});

describe('random walks', () => {
  it('are the same for the same seed', async () => {
    const walked = (seed: number) => randomWalks(door, { seed, walks: 20 }, machineSystem(door));
    expect(await walked(7)).toEqual(await walked(7));
    expect((await walked(7)).steps).not.toBe((await walked(8)).steps);
  });

  it('shorten what fails to what is needed for it', async () => {
    // Forgets that it is barred as soon as it was opened once before.
    const wrong = (): System => {
      const machine = machineSystem(door);
      let wasOpen = false;
      return {
        begin: (given) => {
          wasOpen = false;
          return machine.begin?.(given);
        },
        events: {
          '*': (step) => {
            wasOpen ||= step.to === 'open';
            return machine.events['*']?.(step);
          },
        },
        state: () => {
          const state = machine.state?.() as { shut?: string };
          return wasOpen && state.shut === 'barred' ? { shut: 'closed' } : state;
        },
      };
    };
    const failure = await randomWalks(door, { seed: 3 }, wrong).then(
      () => null,
      (error: PathFailure) => error,
    );
    expect(failure).toBeInstanceOf(PathFailure);
    expect(failure?.path.steps.map(({ to }) => to)).toEqual(['open', 'shut.closed', 'shut.barred']);
    expect(failure?.message).toMatch(/seen shut\.closed\n.*\(seed 3, shortened \d+ times\)$/);
  });
});
