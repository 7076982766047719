import fc from 'fast-check';
import { expect, it } from 'vitest';
import { iso } from '../../src/http/schemas/nullable.ts';

it('writes every moment as ISO 8601 in UTC, whichever it wrote before', () => {
  const moment = fc.oneof(
    fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
    fc.integer({ min: 1_790_000_000_000, max: 1_790_000_002_000 }),
    fc.double({ min: 1_790_000_000_000, max: 1_790_000_002_000, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.array(moment, { minLength: 1, maxLength: 20 }), (moments) => {
      expect(moments.map((at) => iso(at))).toEqual(moments.map((at) => new Date(at).toISOString()));
    }),
  );
});

it('writes no moment as null', () => {
  expect(iso(null)).toBeNull();
});
