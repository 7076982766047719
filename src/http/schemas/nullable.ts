import { type Static, type TSchema, Type } from 'typebox';

/**
 * A schema that also takes null, as one type list. A union would say the same, but is serialised far more slowly.
 * Only for schemas with a plain `type` and no `enum`.
 */
export const Nullable = <T extends TSchema>(schema: T) => {
  const { type, ...rest } = schema as { type?: string };
  return Type.Unsafe<Static<T> | null>({ ...rest, type: [type, 'null'] });
};

/** One of a few words. */
export const Words = <const T extends readonly string[]>(words: T, options: object = {}) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...words], ...options });

/** Any JSON. */
export const AnyJson = <T = unknown>(options: object = {}) => Type.Unsafe<T>({ ...options });

/** A moment, ISO 8601 in UTC. */
export const Moment = Type.String({ description: 'ISO 8601, UTC' });

/** A moment as the wire has it. */
export function iso(at: number): string;
export function iso(at: number | null): string | null;
export function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
