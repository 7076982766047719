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
  if (at === null) return null;
  const whole = Math.trunc(at);
  const second = Math.floor(whole / 1_000);
  if (second !== lastSecond) {
    upToSecond = new Date(second * 1_000).toISOString().slice(0, -4);
    lastSecond = second;
  }
  return `${upToSecond}${String(whole - second * 1_000).padStart(3, '0')}Z`;
}

/** Moments come in crowds, and writing one out costs as much as reading a beat: those of a second share their text. */
let lastSecond = Number.NaN;
let upToSecond = '';
