import { Type } from 'typebox';
import { invalid } from './issues.ts';

/** The query of every list. A cursor is opaque: it comes from `next_cursor` of the page before. */
export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })),
  cursor: Type.Optional(Type.String({ maxLength: 200 })),
};

export const DEFAULT_LIMIT = 100;

/** Reads one item more than asked, to know whether a next page exists. */
export const pageOf = <T>(limit: number, read: (limit: number) => T[], cursorOf: (last: T) => string) => {
  const rows = read(limit + 1);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next_cursor: rows.length > limit && last !== undefined ? cursorOf(last) : null };
};

export const nameCursor = (name: string): string => Buffer.from(name).toString('base64url');

export const parseNameCursor = (cursor: string | undefined): string | null => {
  if (cursor === undefined) return null;
  const name = Buffer.from(cursor, 'base64url').toString();
  if (name !== '' && nameCursor(name) === cursor) return name;
  throw badCursor();
};

export const parseSeqCursor = (cursor: string | undefined): number | null => {
  if (cursor === undefined) return null;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw badCursor();
};

const badCursor = () =>
  invalid([{ path: 'query.cursor', message: 'is not a cursor that a page before this one gave' }]);
