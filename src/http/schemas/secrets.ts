import { type Static, Type } from 'typebox';
import { AnyJson, Moment } from './nullable.ts';

/** Names of secrets, never their values. */
export const SecretsWire = Type.Object({
  items: Type.Array(Type.Object({ name: Type.String(), updated_at: Moment })),
});
export type SecretsWire = Static<typeof SecretsWire>;

export const SecretsBody = Type.Object(
  {
    values: AnyJson<Record<string, string | null>>({
      type: 'object',
      additionalProperties: { type: ['string', 'null'] },
      minProperties: 1,
      maxProperties: 200,
      description: 'by name; null takes a secret away',
    }),
  },
  { additionalProperties: false },
);
export type SecretsBody = Static<typeof SecretsBody>;
