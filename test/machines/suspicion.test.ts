import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accuse,
  acquit,
  condemn,
  NO_SUSPICION,
  putOnTrial,
  release,
  type Suspicion,
} from '../../machines/workspace/suspicion.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];

const content = (name: string) => ({ name, source: `local://${name}`, revision: null, treeHash: name });
const namesOf = (plugins: readonly { name: string }[]) => plugins.map(({ name }) => name).toSorted();

const someNames = fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 10 });
const guilt = someNames.chain((names) =>
  fc.record({ names: fc.constant(names), guilty: fc.subarray(names, { minLength: 1 }) }),
);

/** Every name is held at most once, and what is still to be tried is held. */
const expectConsistent = ({ held, groups, trial }: Suspicion) => {
  const all = namesOf([...held, ...trial]);
  expect(new Set(all).size).toBe(all.length);
  const toTry = groups.flat();
  expect(new Set(toTry).size).toBe(toTry.length);
  expect(toTry.filter((name) => !held.some((plugin) => plugin.name === name))).toEqual([]);
  expect(groups.filter((group) => group.length === 0)).toEqual([]);
};

/** An agent that crashes exactly while a guilty plugin is in force. Gives the end, and how often it was tried. */
const search = (names: string[], guilty: string[]): { end: Suspicion; trials: number; crashes: number } => {
  let suspicion = accuse(NO_SUSPICION, names.map(content), 0);
  let trials = 0;
  let crashes = 0;
  while (suspicion.groups.length > 0) {
    expectConsistent(suspicion);
    suspicion = putOnTrial(suspicion);
    trials += 1;
    expect(trials).toBeLessThanOrEqual(4 * names.length);
    if (suspicion.trial.some(({ name }) => guilty.includes(name))) {
      crashes += 1;
      suspicion = condemn(suspicion, suspicion.trial, trials);
    } else {
      suspicion = acquit(suspicion, trials);
    }
  }
  return { end: suspicion, trials, crashes };
};

describe('the search for what makes an agent crash', () => {
  it('ends with exactly the guilty plugins quarantined, whichever and however many they are', () => {
    fc.assert(
      fc.property(guilt, ({ names, guilty }) => {
        const { end } = search(names, guilty);
        expect(namesOf(end.held)).toEqual(guilty.toSorted());
        expect(end.held.map(({ why }) => why)).toEqual(guilty.map(() => 'quarantined'));
        expect(end.trial).toEqual([]);
      }),
    );
  });

  it('finds a single guilty one with at most twice as many trials as it takes to halve them', () => {
    fc.assert(
      fc.property(someNames, fc.nat(), (names, at) => {
        const { trials, crashes } = search(names, [names[at % names.length] as string]);
        const halvings = Math.ceil(Math.log2(names.length));
        expect(trials).toBeLessThanOrEqual(2 * halvings);
        expect(crashes).toBeLessThanOrEqual(halvings);
      }),
    );
  });

  it('takes the only one that changed for guilty at once', () => {
    expect(search(['a'], ['a'])).toMatchObject({
      trials: 0,
      end: { held: [{ name: 'a', why: 'quarantined' }] },
    });
  });

  it('stays consistent when plugins are released in the middle of it', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('release' as const), names: fc.subarray([...NAMES]) }),
      fc.record({ do: fc.constantFrom('crash' as const, 'last' as const) }),
    );
    fc.assert(
      fc.property(someNames, fc.array(step, { maxLength: 20 }), (names, steps) => {
        let suspicion = accuse(NO_SUSPICION, names.map(content), 0);
        for (const each of steps) {
          if (each.do === 'release') suspicion = release(suspicion, each.names);
          else if (suspicion.trial.length === 0) suspicion = putOnTrial(suspicion);
          else
            suspicion = each.do === 'crash' ? condemn(suspicion, suspicion.trial, 1) : acquit(suspicion, 1);
          expectConsistent(suspicion);
        }
      }),
    );
  });
});
