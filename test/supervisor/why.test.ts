import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/supervisor/entry.ts';
import { leafOf } from '../../src/supervisor/journal-row.ts';
import { whyOf } from '../../src/supervisor/why.ts';
import { exploreMachine, leafOfKey } from '../machines/model.ts';

const NOW = 1_060_000;

const entryIn = (snapshot: Entry['snapshot']): Entry =>
  ({ id: 'w', snapshot, spec: { name: 'demo' }, presence: { leaseExpiresAt: NOW + 30_000 } }) as Entry;

const everyLeaf = [
  ...new Map([...exploreMachine().nodes.values()].map(({ key, snapshot }) => [leafOfKey(key), snapshot])),
];

describe('why', () => {
  it.each(everyLeaf)(
    'explains %s in sentences, with what comes next and what can be done',
    (leaf, snapshot) => {
      const why = whyOf(entryIn(snapshot), null, NOW);
      expect(why.state).toBe(leaf);
      expect(why.rule).toMatch(/^[A-Z].*\.$/);
      expect(why.text).toContain(why.rule);
      expect(why.text).toMatch(/ since \d\d:\d\d:\d\d, for \d+ /);
      expect(why.text).not.toMatch(/undefined|null|NaN|\[object/);
      if (snapshot.context.deadline !== null) expect(why.next.some(({ when }) => when !== null)).toBe(true);
      if (leaf !== 'removed') expect(why.next.length + why.operator.length).toBeGreaterThan(0);
      const mayRemove = !leaf.startsWith('remov');
      expect(why.operator.some(({ command }) => command === 'keepwell rm demo')).toBe(mayRemove);
    },
  );

  it('names the state to which each next move leads, as the machine defines it', () => {
    const [, online] = everyLeaf.find(([leaf]) => leaf === 'wanted.online.converged') ?? [];
    const why = whyOf(entryIn(online as Entry['snapshot']), null, NOW);
    expect(leafOf(online?.value)).toBe('wanted.online.converged');
    expect(why.next).toContainEqual(
      expect.objectContaining({ event: 'resyncAt', to: 'wanted.online.reconciling' }),
    );
  });
});
