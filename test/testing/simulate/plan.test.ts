import { describe, expect, it } from 'vitest';
import { FAULT_KINDS, isFault } from '../../../src/testing/simulate/action.ts';
import { seededDice, seedOf } from '../../../src/testing/simulate/dice.ts';
import { createPlan } from '../../../src/testing/simulate/plan.ts';
import { tellAction, tellLength, tellMoment } from '../../../src/testing/simulate/tell-action.ts';

const plan = (facts: Partial<Parameters<typeof createPlan>[0]> = {}) =>
  createPlan({ seed: 1, workspaces: 4, hours: 3, faults: FAULT_KINDS, ...facts });

describe('the plan of a run', () => {
  it('is the same for the same facts, and another for another seed', () => {
    expect(plan()).toEqual(plan());
    expect(plan({ seed: 2 })).not.toEqual(plan());
  });

  it('of fewer hours is the beginning of that of more, with the same numbers', () => {
    const byNumber = new Map(plan({ hours: 5 }).map((action) => [action.n, action]));
    for (const action of plan({ hours: 2 })) expect(byNumber.get(action.n)).toEqual(action);
  });

  it('is in the order of its moments, within its hours', () => {
    const moments = plan().map(({ atMs }) => atMs);
    expect(moments).toEqual(moments.toSorted((a, b) => a - b));
    expect(Math.max(...moments)).toBeLessThan(3 * 3_600_000);
  });

  it('creates everybody within the first seconds, one of them for sure with an agent of ours', () => {
    const first = plan({ workspaces: 20 }).filter(({ kind, atMs }) => kind === 'create' && atMs <= 20_000);
    expect(first.length).toBeGreaterThanOrEqual(20);
    expect(first.find((one) => one.kind === 'create' && one.workspace === 0)).toMatchObject({
      external: false,
    });
  });

  it('holds no fault but those that were asked for', () => {
    expect(plan({ faults: [] }).filter(isFault)).toEqual([]);
    expect(
      new Set(
        plan({ faults: ['crash', 'stall'] })
          .filter(isFault)
          .map(({ kind }) => kind),
      ),
    ).toEqual(new Set(['crash', 'stall']));
  });

  it('holds every fault and every deed sooner or later, and each of them is told as a sentence', () => {
    const actions = Array.from({ length: 40 }, (_, seed) => plan({ seed })).flat();
    const kinds = new Set(actions.map(({ kind }) => kind));
    expect(FAULT_KINDS.filter((kind) => !kinds.has(kind))).toEqual([]);
    expect(kinds.size).toBe(FAULT_KINDS.length + 13);
    for (const action of actions) {
      const words = tellAction(action);
      expect(words).not.toMatch(/undefined|null|NaN|\[object/);
      expect(words.length).toBeGreaterThan(10);
    }
  });
});

describe('seeded dice', () => {
  it('roll the same for the same seed, within what they were asked for', () => {
    const [one, two] = [seededDice(9), seededDice(9)];
    for (let roll = 0; roll < 1_000; roll += 1) {
      const value = one.roll();
      expect(two.roll()).toBe(value);
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThan(1);
    }
    const values = new Set(Array.from({ length: 500 }, () => one.between(3, 6)));
    expect(values).toEqual(new Set([3, 4, 5, 6]));
    expect(() => one.of([])).toThrow(RangeError);
  });

  it('give every part of a run luck of its own', () => {
    const seeds = ['a', 'b', 'agent/w1/1', 'agent/w1/2'].map((part) => seedOf(1, part));
    expect(new Set(seeds).size).toBe(4);
    expect(seedOf(1, 'agent', 'w1', 1)).toBe(seedOf(1, 'agent/w1/1'));
    expect(seedOf(2, 'a')).not.toBe(seedOf(1, 'a'));
  });
});

describe('words for times', () => {
  it('are short, and exact where that matters', () => {
    expect([900, 6_000, 90_000, 480_000, 3_600_000].map(tellLength)).toEqual([
      '900 ms',
      '6 s',
      '90 s',
      '8 min',
      '1 h',
    ]);
    expect(tellMoment(3_723_004)).toBe('01:02:03.004');
  });
});
