import fc from 'fast-check';
import { expect, it } from 'vitest';
import { literal } from '../../../src/testing/paths/writers/literal.ts';

// oxlint-disable-next-line no-eval -- what is written is read back by the language itself
const read = (text: string): unknown => (0, eval)(`(${text})`);

it('any JSON, written as TypeScript, is read back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      expect(JSON.stringify(read(literal(value)))).toBe(JSON.stringify(value));
    }),
    { seed: 1 },
  );
});

it('what JSON cannot say is written too', () => {
  for (const value of [
    undefined,
    Number.NEGATIVE_INFINITY,
    -0,
    10n,
    new Date(0),
    new Set([1]),
    new Map([['a', { b: 1 }]]),
    [undefined],
  ]) {
    expect(read(literal(value))).toEqual(value);
  }
  expect(literal({ error: new Error("it's off") })).toBe(`{ error: new Error("it's off") }`);
  expect(Object.keys(read(literal(JSON.parse('{"__proto__":1}'))) as object)).toEqual(['__proto__']);
});

it('what does not fit on a line is broken', () => {
  expect(literal({ list: ['a'.repeat(60), 'b'.repeat(60)] })).toBe(
    `{\n  list: [\n    '${'a'.repeat(60)}',\n    '${'b'.repeat(60)}',\n  ],\n}`,
  );
});
