import fc from 'fast-check';

/** As much of JSON Schema as the document uses. */
export type Schema = {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  patternProperties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  minProperties?: number;
  examples?: unknown[];
};

const FEW = 3;
const LONG = 40;

/** Values that a schema accepts, small ones. Now and then one of its own examples. */
export const ofSchema = (schema: Schema): fc.Arbitrary<unknown> => {
  if (schema.examples !== undefined) {
    const { examples, ...rest } = schema;
    return fc.oneof(ofSchema(rest), fc.constantFrom(...examples));
  }
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(ofSchema));
  const types = [schema.type ?? 'any'].flat();
  return fc.oneof(...types.map((type) => (OF_TYPE[type] ?? OF_ANYTHING)(schema)));
};

const OF_ANYTHING = (): fc.Arbitrary<unknown> => fc.jsonValue({ maxDepth: 2 });

const OF_TYPE: Record<string, (schema: Schema) => fc.Arbitrary<unknown>> = {
  null: () => fc.constant(null),
  boolean: () => fc.boolean(),
  integer: ({ minimum = -1_000, maximum = 1_000_000 }) =>
    fc.integer({ min: Math.max(minimum, -(2 ** 31)), max: Math.min(maximum, 2 ** 31 - 1) }),
  number: ({ minimum = -1e6, maximum = 1e6 }) => fc.double({ min: minimum, max: maximum, noNaN: true }),
  string: ({ pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY }) => {
    const isFit = (text: string) => text.length >= minLength && text.length <= maxLength;
    const texts =
      pattern === undefined
        ? fc.string({ minLength, maxLength: Math.min(maxLength, minLength + LONG), unit: 'grapheme' })
        : fc.stringMatching(new RegExp(pattern), { size: 'small' });
    return texts.filter(isFit);
  },
  array: ({ items = {}, minItems = 0, maxItems = FEW }) =>
    fc.array(ofSchema(items), { minLength: minItems, maxLength: Math.min(maxItems, minItems + FEW) }),
  object: ({
    properties = {},
    required = [],
    patternProperties = {},
    additionalProperties,
    minProperties = 0,
  }) => {
    const known = fc.record(mapValues(properties, ofSchema), { requiredKeys: required });
    const more = [
      ...Object.entries(patternProperties),
      ...(typeof additionalProperties === 'object' ? [['^[a-z]{1,8}$', additionalProperties] as const] : []),
    ].map(([pattern, inner]) =>
      fc.dictionary(fc.stringMatching(new RegExp(pattern), { size: 'small' }), ofSchema(inner), {
        minKeys: minProperties,
        maxKeys: minProperties + FEW,
      }),
    );
    return fc.tuple(known, ...more).map((parts) => Object.assign({}, ...parts) as object);
  },
};

const mapValues = <T, U>(record: Record<string, T>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
