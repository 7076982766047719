import { describe, expect, it } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import {
  coverage,
  generatePaths,
  type Outcomes,
  PathFailure,
  type Paths,
  randomWalks,
  runPath,
  type Strategy,
  type System,
} from '../../../../src/testing/index.ts';
import { outcomes as checkoutOutcomes } from './checkout.cases.ts';
import { checkoutMachine } from './checkout.machine.ts';
import { Checkout, WRONG_CHECKOUTS } from './checkout.ts';
import { outcomes as fetcherOutcomes } from './fetcher.cases.ts';
import { fetcherMachine } from './fetcher.machine.ts';
import { Fetcher, WRONG_FETCHERS } from './fetcher.ts';
import { trafficLightMachine } from './traffic-light.machine.ts';
import { TrafficLight, WRONG_LIGHTS } from './traffic-light.ts';

const lightSystem = (Light: { new (): TrafficLight }): System => {
  let light = new Light();
  const lasts: Record<string, number> = { redTime: 30_000, walkTime: 8_000, greenTime: 20_000, 3000: 3_000 };
  return {
    begin: () => {
      light = new Light();
    },
    events: {
      'button.pressed': () => light.press(),
      'fault.found': () => light.fail(),
      'fault.mended': () => light.mend(),
      'deadline.passed': ({ name }) => light.pass(lasts[detailOf(name)] as number),
    },
    state: () => (light.lamp === 'blinking' ? 'blinking' : { working: light.lamp }),
  };
};

const checkoutSystem = (Shop: { new (): Checkout }): System => {
  let checkout = new Shop();
  return {
    begin: () => {
      checkout = new Shop();
    },
    events: {
      'item.added': () => checkout.add(),
      'item.removed': () => checkout.remove(),
      'cart.confirmed': () => checkout.confirm(),
      'payment.started': () => checkout.pay(),
      'order.cancelled': () => checkout.cancel(),
      'authorise.settled{approved}': () => checkout.bankSays('approved'),
      'authorise.settled{declined}': () => checkout.bankSays('declined'),
      'authorise.failed': () => checkout.bankSays('unreachable'),
    },
    state: () => {
      const { order, cart, payment } = checkout.where;
      return order === 'open' ? { open: { cart, payment } } : order;
    },
  };
};

const fetcherSystem = (Kind: typeof Fetcher): System => {
  type Waiting = { resolve(page: { items: number }): void; reject(error: Error): void };
  let waiting: Waiting | null = null;
  let timer: { leftMs: number; act: () => void } | null = null;
  const fetch = () =>
    new Promise<{ items: number }>((resolve, reject) => {
      waiting = { resolve, reject };
    });
  const create = () =>
    new Kind(fetch, {
      set: (leftMs, act) => {
        timer = { leftMs, act };
      },
      clear: () => {
        timer = null;
      },
    });
  let fetcher = create();
  let tries = 0;
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const pass = (ms: number) => {
    if (timer === null) return;
    timer.leftMs -= ms;
    if (timer.leftMs <= 0) timer.act();
  };
  const settle = async (act: (fetch: Waiting) => void) => {
    if (waiting === null) throw new Error('it does not fetch');
    act(waiting);
    await turn();
  };
  return {
    begin: () => {
      timer = null;
      waiting = null;
      tries = 0;
      fetcher = create();
    },
    events: {
      wanted: () => fetcher.want(),
      cancelled: () => fetcher.cancel(),
      refreshed: () => fetcher.refresh(),
      'deadline.passed{patience}': () => pass(10_000),
      'deadline.passed{freshness}': () => pass(60_000),
      'deadline.passed{pause}': () => {
        // Not a moment too early, and not one too late.
        pass(1_000 * 2 ** (tries - 1) - 1);
        if (fetcher.shows !== 'waiting') throw new Error('it did not wait long enough');
        pass(1);
      },
      'fetch.settled{page}': () => settle(({ resolve }) => resolve({ items: 3 })),
      'fetch.settled{empty}': () => settle(({ resolve }) => resolve({ items: 0 })),
      'fetch.failed': () => settle(({ reject }) => reject(new Error('offline'))),
    },
    states: {
      'busy.loading': (step) => {
        if (step?.from === 'busy.loading') return;
        tries = step?.from === 'busy.waiting' ? tries + 1 : 1;
      },
    },
    state: () =>
      ({
        idle: 'idle',
        loading: 'busy.loading',
        waiting: 'busy.waiting',
        empty: 'empty',
        page: 'shown',
        failed: 'failed',
      })[fetcher.shows],
  };
};

const detailOf = (name: string): string => /\{(.*)\}/.exec(name)?.[1] ?? '';

type Foreign = {
  machine: AnyStateMachine;
  outcomes: Outcomes;
  right: () => System;
  wrong: Record<string, () => System>;
};

const withSystem = <K>(kinds: Record<string, K>, create: (kind: K) => System) =>
  Object.fromEntries(Object.entries(kinds).map(([what, kind]) => [what, () => create(kind)]));

const FOREIGN: Record<string, Foreign> = {
  'traffic light': {
    machine: trafficLightMachine,
    outcomes: {},
    right: () => lightSystem(TrafficLight),
    wrong: withSystem(WRONG_LIGHTS, lightSystem),
  },
  'checkout with parallel states': {
    machine: checkoutMachine,
    outcomes: checkoutOutcomes,
    right: () => checkoutSystem(Checkout),
    wrong: withSystem(WRONG_CHECKOUTS, checkoutSystem),
  },
  'fetcher with retries': {
    machine: fetcherMachine,
    outcomes: fetcherOutcomes,
    right: () => fetcherSystem(Fetcher),
    wrong: withSystem(WRONG_FETCHERS, fetcherSystem),
  },
};

const pathsOf = ({ machine, outcomes }: Foreign, strategy: Strategy): Paths =>
  generatePaths(machine, { strategy, outcomes, ignored: true });

const failuresOf = async ({ paths }: Paths, system: System): Promise<PathFailure[]> => {
  const failures: PathFailure[] = [];
  for (const path of paths) await runPath(path, system).catch((error: PathFailure) => failures.push(error));
  return failures;
};

/** What shows only several steps after it happened, so that no pair need meet it: random walks do. */
const HIDDEN = [
  'takes the button while people walk already',
  'keeps the wish through a fault',
  'has room for three',
];

const failureOfWalks = async ({ machine, outcomes }: Foreign, system: () => System) => {
  const walks = randomWalks(machine, { outcomes, ignored: true, walks: 1_000 }, system);
  return walks.then(
    () => undefined,
    (error: PathFailure) => error,
  );
};

describe.each(Object.entries(FOREIGN))('a %s', (_, foreign) => {
  it.each(['shortest', 'simple', 'transitions', 'pairs', 'proofs'] as const)(
    'is right along all of its %s paths',
    async (strategy) => {
      const { paths, cut } = pathsOf(foreign, strategy);
      expect(cut).toEqual([]);
      expect(paths.length).toBeGreaterThan(2);
      for (const path of paths) await runPath(path, foreign.right());
    },
  );

  it('has every state and every transition on a path', () => {
    const { states, transitions } = coverage(pathsOf(foreign, 'transitions'), foreign.machine);
    expect(states.covered).toEqual(states.all);
    expect(transitions.covered).toEqual(transitions.all);
  });

  it('is right on random walks, which take every transition', async () => {
    const { machine, outcomes, right } = foreign;
    const { walks, coverage } = await randomWalks(machine, { outcomes, ignored: true, walks: 250 }, right);
    expect(walks).toBe(250);
    expect(coverage.transitions.covered).toEqual(coverage.transitions.all);
  });

  it.each(Object.entries(foreign.wrong))('is found out when it %s', async (_, wrong) => {
    const [first] = await failuresOf(pathsOf(foreign, 'proofs'), wrong());
    expect(first?.step).toBeGreaterThan(0);
    const step = first?.path.steps[(first?.step ?? 0) - 1];
    expect(first?.message).toContain(`step ${first?.step} of ${first?.path.steps.length}, ${step?.title}: `);
    expect(first?.message).toMatch(/expected .*, seen |it did not wait long enough|it does not fetch/);
  });

  it('is found out by pairs too, but for what shows only long after it happened: random walks find that', async () => {
    const hidden: string[] = [];
    for (const [what, wrong] of Object.entries(foreign.wrong)) {
      const failures = await failuresOf(pathsOf(foreign, 'pairs'), wrong());
      if (failures.length > 0) continue;
      hidden.push(what);
      expect(await failureOfWalks(foreign, wrong)).toBeInstanceOf(PathFailure);
    }
    expect(hidden).toEqual(HIDDEN.filter((what) => what in foreign.wrong));
  });
});
