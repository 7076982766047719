import fc from 'fast-check';

/** What programs get wrong, and what people send who wish them ill. */
const ODD = [
  null,
  true,
  -1,
  0.5,
  1e308,
  -9_007_199_254_740_992,
  '',
  '\u0000',
  '../../etc/passwd',
  '😀é\u202e',
  'x'.repeat(5_000),
  '\ud800',
  [],
  {},
  [[[[]]]],
  { constructor: { prototype: { polluted: true } } },
];

const KEYS = ['__proto__', 'constructor', 'toString', 'unknown_field', '', '😀'];

/** A value that differs from a good one in one place, wherever that is. */
export const broken = (good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .record({
      value: good,
      way: fc.constantFrom('replace', 'remove', 'add', 'nest'),
      place: fc.nat(),
      odd: fc.constantFrom(...ODD),
      key: fc.constantFrom(...KEYS),
    })
    .map(({ value, way, place, odd, key }) => {
      if (way === 'nest') return nested(100, value);
      const places = placesIn(value);
      const chosen = places[place % Math.max(1, places.length)];
      if (chosen === undefined) return odd;
      return changed(value, chosen, (holder, last) => {
        if (way === 'remove') delete holder[last];
        else Object.defineProperty(holder, way === 'add' ? key : last, { value: odd, enumerable: true });
      });
    });

/** Text that is no JSON, or JSON in no good shape. */
export const BROKEN_TEXTS = [
  '',
  '{',
  'null',
  '[]',
  '"text"',
  '{"a":1,}',
  '{"__proto__":{"a":1}}',
  '\u0000',
  '['.repeat(20_000),
  `{"a":"${'x'.repeat(70_000)}"}`,
  '{"name":1e400}',
];

type Holder = Record<string, unknown>;
type Place = string[];

const placesIn = (value: unknown, at: Place = []): Place[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([key, inner]) => [[...at, key], ...placesIn(inner, [...at, key])]);

const changed = (value: unknown, place: Place, change: (holder: Holder, last: string) => void): unknown => {
  const copy: unknown = structuredClone(value);
  let holder = copy as Holder;
  for (const step of place.slice(0, -1)) holder = holder[step] as Holder;
  change(holder, place.at(-1) as string);
  return copy;
};

const nested = (depth: number, value: unknown): unknown =>
  depth === 0 ? value : { deeper: nested(depth - 1, value) };
