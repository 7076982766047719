import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeError, ERROR_CODES, KeepwellError } from '../src/errors.ts';

const SOURCE = join(import.meta.dirname, '..', 'src');

/** The rows of the table in `errors.md`. */
const documented = readFileSync(join(SOURCE, 'errors.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const [, code, status, message, hint] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    return { code: code?.replaceAll('`', ''), status: Number(status), message, hint };
  });

const everySource = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && path !== 'errors.ts')
  .map((path) => readFileSync(join(SOURCE, path), 'utf8'))
  .join('\n');

describe('the error catalogue', () => {
  it('is the same in errors.ts and errors.md, in the same order', () => {
    expect(documented).toEqual(ERROR_CODES.map(describeError));
  });

  it('has no code that nothing uses', () => {
    const unused = ERROR_CODES.filter((code) => !new RegExp(`['"\`]${code}['"\`]`).test(everySource));
    expect(unused).toEqual([]);
  });

  it.each(ERROR_CODES)('%s says what is wrong and what to do, in sentences', (code) => {
    const { status, message, hint } = describeError(code);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(message).toMatch(/^[A-Z].*\.$/);
    expect(hint).toMatch(/\.$/);
  });
});

describe('an error', () => {
  it('says what the catalogue says, unless it knows better', () => {
    expect(new KeepwellError('BAD_JSON')).toMatchObject({ ...describeError('BAD_JSON'), details: undefined });
    const better = new KeepwellError('BAD_JSON', { message: 'm', hint: 'h', details: [1], cause: 'c' });
    expect(better).toMatchObject({ message: 'm', hint: 'h', details: [1], cause: 'c', status: 400 });
  });
});
