import { hash } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openVault } from '../../../src/secrets/vault.ts';
import type { Vault } from '../../../src/supervisor/ports.ts';
import { createMemoryDice } from '../../../src/testing/memory/memory-dice.ts';
import { memoryHasher } from '../../../src/testing/memory/memory-hasher.ts';
import { createMemoryVault, type MemoryKeys } from '../../../src/testing/memory/memory-vault.ts';
import { seededRandom } from '../../../src/testing/memory/seeded-random.ts';
import { aFolder, NOON } from '../../store/support.ts';

const VAULTS: [string, () => () => Vault][] = [
  [
    'real',
    () => {
      const file = join(aFolder(), 'secret-key');
      return () => openVault({ file, given: null });
    },
  ],
  [
    'memory',
    () => {
      const keys: MemoryKeys = [];
      const random = seededRandom(1);
      return () => createMemoryVault(keys, random);
    },
  ],
];

describe.each(VAULTS)('the %s vault', (_, createWorld) => {
  const KEY = { workspaceId: 'w1', name: 'KEY' };

  it('opens what it sealed, in the next life too, and shows nothing of it', () => {
    const open = createWorld();
    const sealed = open().seal(KEY, 'très secret 🤫', NOON);
    expect(sealed).toMatchObject({ ...KEY, updatedAt: NOON });
    expect(open().open(sealed)).toBe('très secret 🤫');
    expect(JSON.stringify(sealed)).not.toContain('secret');
    expect(atob(sealed.sealed)).not.toContain('secret');
  });

  it('seals the same value differently each time, the empty one too', () => {
    const vault = createWorld()();
    const [one, two] = [vault.seal(KEY, '', NOON), vault.seal(KEY, '', NOON)];
    expect(one.sealed).not.toBe(two.sealed);
    expect([vault.open(one), vault.open(two)]).toEqual(['', '']);
  });

  it('does not open what was moved to another place or changed', () => {
    const vault = createWorld()();
    const sealed = vault.seal(KEY, 'secret', NOON);
    const lost = expect.objectContaining({ code: 'SECRET_KEY_LOST' });
    for (const changed of [
      { name: 'OTHER' },
      { workspaceId: 'w2' },
      { workspaceId: null },
      { sealed: vault.seal(KEY, 'other', NOON).sealed },
      { nonce: 'not base64!' },
      { keyId: 'another' },
    ]) {
      expect(() => vault.open({ ...sealed, ...changed })).toThrow(lost);
    }
  });

  it('opens with former keys until they are forgotten, and seals with the new one', () => {
    const open = createWorld();
    const vault = open();
    const old = vault.seal(KEY, 'old', NOON);
    const { forgetOlder } = vault.rotate();
    const fresh = vault.seal(KEY, 'fresh', NOON);
    expect(fresh.keyId).not.toBe(old.keyId);
    expect([vault.open(old), vault.open(fresh)]).toEqual(['old', 'fresh']);
    forgetOlder();
    expect(() => vault.open(old)).toThrow(expect.objectContaining({ code: 'SECRET_KEY_LOST' }));
    expect(open().open(fresh)).toBe('fresh');
  });
});

describe('chance from a seed', () => {
  it('is the same for the same seed and another for the next', () => {
    const some = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
    expect(some(42)).toEqual(some(42));
    const firsts = Array.from({ length: 1_000 }, (_, seed) => seededRandom(seed)());
    expect(new Set(firsts).size).toBe(1_000);
    expect(firsts.reduce((sum, value) => sum + value) / 1_000).toBeCloseTo(0.5, 1);
  });

  it('is spread evenly over [0, 1)', () => {
    const random = seededRandom(7);
    const counts = Array.from({ length: 20 }, () => 0);
    for (let roll = 0; roll < 100_000; roll += 1) {
      const value = random();
      counts[Math.floor(value * 20)]! += 1;
    }
    expect(counts).toHaveLength(20);
    // Five standard deviations.
    for (const count of counts) expect(Math.abs(count - 5_000)).toBeLessThan(5 * Math.sqrt(5_000));
  });

  it('gives ids that are sorted by time, and tokens of the real length', () => {
    let now = NOON;
    const dice = createMemoryDice(seededRandom(1), () => now);
    const ids = Array.from({ length: 50 }, () => {
      now += 1;
      return dice.workspaceId();
    });
    expect(ids.toSorted()).toEqual(ids);
    expect(ids.every((id) => /^[0-9a-z]{26}$/.test(id))).toBe(true);
    expect(dice.token()).toMatch(/^kww_\w{52}$/);
    expect(dice.token('viewer')).toMatch(/^kwv_\w{52}$/);
  });
});

it('hashes as Node does', () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1_000]) {
    const text = 'x'.repeat(length);
    expect(memoryHasher.sha256(text)).toBe(hash('sha256', text, 'hex'));
  }
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      expect(memoryHasher.sha256(text)).toBe(hash('sha256', text, 'hex'));
    }),
  );
  expect([memoryHasher.equal('a', 'a'), memoryHasher.equal('a', 'b')]).toEqual([true, false]);
});
