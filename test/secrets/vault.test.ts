import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openKeyRing } from '../../src/secrets/key-ring.ts';
import { openVault } from '../../src/secrets/vault.ts';

const aKeyFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'keepwell-secrets-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'secret-key');
};

const PLACE = { workspaceId: 'w1', name: 'KEY' };
const lost = expect.objectContaining({ code: 'SECRET_KEY_LOST' });

describe('a vault', () => {
  it('opens what it sealed, whatever it is, and never seals it the same way twice', () => {
    const vault = openVault({ file: aKeyFile(), given: null });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.option(fc.string()), (value, workspaceId) => {
        const place = { workspaceId, name: 'KEY' };
        const [first, second] = [vault.seal(place, value, 1), vault.seal(place, value, 1)];
        expect(vault.open(first)).toBe(value);
        expect(first.sealed).not.toBe(second.sealed);
      }),
    );
  });

  it('does not open what was moved to another place, or changed in any byte', () => {
    const vault = openVault({ file: aKeyFile(), given: null });
    const row = vault.seal(PLACE, 'value', 1);
    for (const moved of [
      { workspaceId: 'w2' },
      { workspaceId: null },
      { name: 'OTHER' },
      { keyId: 'f'.repeat(16) },
    ]) {
      expect(() => vault.open({ ...row, ...moved })).toThrow(lost);
    }
    const bytes = Buffer.from(row.sealed, 'base64');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => vault.open({ ...row, sealed: changed.toString('base64') })).toThrow(lost);
    }
    expect(() => vault.open({ ...row, sealed: '' })).toThrow(lost);
  });

  it('does not open anything with another key', () => {
    const row = openVault({ file: aKeyFile(), given: null }).seal(PLACE, 'value', 1);
    expect(() => openVault({ file: aKeyFile(), given: null }).open(row)).toThrow(lost);
  });
});

describe('the key of the secrets', () => {
  it('is made when it is first needed, for its owner alone, and stays', () => {
    const file = aKeyFile();
    const row = openVault({ file, given: null }).seal(PLACE, 'value', 1);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(openVault({ file, given: null }).open(row)).toBe('value');
  });

  it('is refused when others can read it', () => {
    const file = aKeyFile();
    openVault({ file, given: null }).seal(PLACE, 'value', 1);
    chmodSync(file, 0o640);
    expect(() => openVault({ file, given: null })).toThrow(
      expect.objectContaining({ code: 'DATA_FOLDER_UNUSABLE', hint: `chmod 600 ${file}` }),
    );
  });

  it.each(['short', '', 'x'.repeat(44)])('is refused when it is no key (%j)', (text) => {
    const file = aKeyFile();
    writeFileSync(file, `${text || '\0'}\n`, { mode: 0o600 });
    expect(() => openVault({ file, given: null })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  it('may be given in base64 or hex, several with commas, and then no file is made', () => {
    const file = aKeyFile();
    const [older, newer] = [randomBytes(32), randomBytes(32)];
    const row = openVault({ file, given: older.toString('hex') }).seal(PLACE, 'value', 1);
    const both = openVault({ file, given: `${newer.toString('base64')}, ${older.toString('base64')}` });
    expect(both.open(row)).toBe('value');
    expect(both.seal(PLACE, 'value', 1).keyId).not.toBe(row.keyId);
    expect(() => readFileSync(file)).toThrow('ENOENT');
  });

  it('that was given is changed where it is given', () => {
    const vault = openVault({ file: aKeyFile(), given: randomBytes(32).toString('base64') });
    expect(() => vault.rotate()).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('can be rotated, and whoever is killed in the middle of it opens everything afterwards', () => {
    const file = aKeyFile();
    const before = openVault({ file, given: null });
    const rows = ['a', 'b', 'c', 'd'].map((name) => before.seal({ workspaceId: null, name }, name, 1));
    openKeyRing({ file, given: null }).addFirst();
    // Killed here: all are sealed with the older key.
    let vault = openVault({ file, given: null });
    expect(rows.map((row) => vault.open(row))).toEqual(['a', 'b', 'c', 'd']);
    // Killed when half of them were sealed anew.
    const half = rows.map((row, at) => (at < 2 ? vault.seal(row, vault.open(row), 2) : row));
    vault = openVault({ file, given: null });
    expect(half.map((row) => vault.open(row))).toEqual(['a', 'b', 'c', 'd']);
    const { forgetOlder } = vault.rotate();
    const all = half.map((row) => vault.seal(row, vault.open(row), 3));
    forgetOlder();
    vault = openVault({ file, given: null });
    expect(all.map((row) => vault.open(row))).toEqual(['a', 'b', 'c', 'd']);
    expect(() => vault.open(rows[0] as (typeof rows)[number])).toThrow(lost);
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(1);
  });
});
