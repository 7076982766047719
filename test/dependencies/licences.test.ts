import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tellAdvisories } from './advisories.ts';
import { isAllowed, productionDependencies } from './licences.ts';

const REPO = join(import.meta.dirname, '..', '..');

describe('what we ship of others', () => {
  it('may be shipped, all of it', () => {
    const dependencies = productionDependencies(REPO);
    expect(dependencies.length).toBeGreaterThan(50);
    expect(dependencies.map(({ name }) => name)).toContain('fastify');
    expect(dependencies.map(({ name }) => name)).not.toContain('vitest');
    expect(dependencies.filter(({ licence }) => !isAllowed(licence))).toEqual([]);
  });
});

describe('a licence', () => {
  it.each(['MIT', 'EPL-2.0 OR GPL-3.0-or-later', '(MIT OR WTFPL)', 'MIT AND ISC'])(
    '%s is allowed',
    (licence) => {
      expect(isAllowed(licence)).toBe(true);
    },
  );
  it.each(['GPL-3.0', 'UNLICENSED', 'SEE LICENSE IN LICENSE', 'MIT AND GPL-3.0', '', null])(
    '%s is not',
    (licence) => {
      expect(isAllowed(licence)).toBe(false);
    },
  );
});

describe('a lock', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keepwell-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is read without what is for development only; where it says no licence, the package does', () => {
    const packages = {
      '': { version: '1.0.0' },
      'node_modules/b': { version: '2.0.0', license: 'MIT' },
      'node_modules/b/node_modules/@x/a': { version: '1.0.0' },
      'node_modules/old': { version: '0.1.0', optional: true },
      'node_modules/elsewhere': { version: '1.0.0', optional: true },
      'node_modules/tool': { version: '1.0.0', license: 'GPL-3.0', dev: true },
    };
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages }));
    mkdirSync(join(folder, 'node_modules/old'), { recursive: true });
    writeFileSync(
      join(folder, 'node_modules/old/package.json'),
      '{"licenses":[{"type":"MIT"},{"type":"X"}]}',
    );
    expect(productionDependencies(folder)).toEqual([
      { name: '@x/a', version: '1.0.0', licence: null, optional: false },
      { name: 'b', version: '2.0.0', licence: 'MIT', optional: false },
      { name: 'old', version: '0.1.0', licence: 'MIT OR X', optional: true },
    ]);
  });
});

describe('advisories', () => {
  const told = (vulnerabilities: object) =>
    tellAdvisories(JSON.stringify({ metadata: { vulnerabilities: {} }, vulnerabilities }));

  it('are bad when they are high or critical', () => {
    expect(told({})).toEqual({ text: 'No advisories are known.', isBad: false });
    expect(told({ a: { severity: 'moderate' } })).toEqual({ text: 'a: moderate', isBad: false });
    expect(told({ a: { severity: 'low' }, b: { severity: 'critical' } }).isBad).toBe(true);
  });

  it.each(['', 'npm error', '{"message":"405 Method Not Allowed","error":{}}'])(
    'are not known where the registry says "%s"',
    (printed) => {
      expect(tellAdvisories(printed)).toMatchObject({
        text: expect.stringContaining('nothing was checked'),
        isBad: false,
      });
    },
  );
});
