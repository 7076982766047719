import type { FastifyBodyParser } from 'fastify';
import { KeepwellError } from '../errors.ts';
import { invalid } from './issues.ts';

/** Deeper nesting than this is an attack on whoever walks the value later. */
const DEEPEST = 32;

/** Any of the forbidden keys, written plainly or with escapes. */
const SUSPICIOUS = /__proto__|constructor|\\u/;

/** Reads a JSON body. Prototype keys and deep nesting are refused, with their place. An empty body is undefined. */
export const parseJsonBody: FastifyBodyParser<string> = (_request, text, done) => {
  try {
    const value = read(text);
    refuseHostile(value);
    done(null, value);
  } catch (error) {
    done(error as Error);
  }
};

/** The same for beats, of which only known fields are read: their tree is walked when something looks hostile. */
export const parseBeatBody: FastifyBodyParser<string> = (_request, text, done) => {
  try {
    const value = read(text);
    if (SUSPICIOUS.test(text)) refuseHostile(value);
    done(null, value);
  } catch (error) {
    done(error as Error);
  }
};

const read = (text: string): unknown => {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own message quotes the body, which may hold a secret.
    const position = /at position (\d+)/.exec((error as Error).message)?.[1];
    throw new KeepwellError(
      'BAD_JSON',
      position === undefined ? {} : { details: { position: Number(position) } },
    );
  }
};

const refuseHostile = (root: unknown) => {
  const waiting: { value: unknown; path: string; depth: number }[] = [{ value: root, path: '', depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, path, depth } = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > DEEPEST) throw invalid([{ path, message: `is nested deeper than ${DEEPEST} levels` }]);
    for (const [key, inner] of Object.entries(value)) {
      const here = path === '' ? key : `${path}.${key}`;
      if (key === '__proto__' || (key === 'constructor' && isObjectWith(inner, 'prototype'))) {
        throw invalid([{ path: here, message: 'is a key that is never allowed' }]);
      }
      waiting.push({ value: inner, path: here, depth: depth + 1 });
    }
  }
};

const isObjectWith = (value: unknown, key: string): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key);
