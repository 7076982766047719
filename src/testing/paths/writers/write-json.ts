import type { Paths } from '../types.ts';

/** Writes paths as JSON, for programs in any language. An error is written as its name and message. */
export const writeJson = (paths: Paths): string =>
  `${JSON.stringify(paths, (_, value: unknown) => (value instanceof Error ? { name: value.name, message: value.message } : value), 2)}\n`;
