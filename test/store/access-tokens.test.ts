import { describe, expect, it } from 'vitest';
import { aFile, behindItsBack, NOON, open } from './support.ts';

const aToken = (name: string, letter: string) => ({
  id: letter.repeat(12),
  name,
  role: 'viewer' as const,
  hash: letter.repeat(64),
  createdAt: NOON,
});

describe('the tokens of people', () => {
  it('are there after a restart, the oldest first', async () => {
    const file = aFile();
    const store = open(file);
    const [anna, ben] = [{ ...aToken('anna', 'b'), createdAt: NOON + 1 }, aToken('ben', 'a')];
    await store.addAccessToken(anna);
    await store.addAccessToken(ben);
    expect(store.accessTokens()).toEqual([ben, anna]);
    await store.close();
    expect(open(file).accessTokens()).toEqual([ben, anna]);
  });

  it('leave a row behind when they are revoked, and their name free', async () => {
    const file = aFile();
    const store = open(file);
    await store.addAccessToken(aToken('anna', 'a'));
    await store.revokeAccessToken('a'.repeat(12), NOON + 5);
    await store.revokeAccessToken('a'.repeat(12), NOON + 9);
    await store.addAccessToken(aToken('anna', 'b'));
    expect(store.accessTokens()).toEqual([aToken('anna', 'b')]);
    await store.close();
    const rows = behindItsBack(file, (db) =>
      db.prepare('SELECT name, revoked_at FROM access_tokens ORDER BY id').all(),
    );
    expect(rows).toEqual([
      { name: 'anna', revoked_at: NOON + 5 },
      { name: 'anna', revoked_at: null },
    ]);
  });

  it('have one name each, and what else was written at the same time stays', async () => {
    const store = open(aFile());
    const written = [aToken('anna', 'a'), aToken('anna', 'b'), aToken('ben', 'c')].map((token) =>
      store.addAccessToken(token).then(
        () => 'written',
        (error: { code: string }) => error.code,
      ),
    );
    expect(await Promise.all(written)).toEqual(['written', 'TOKEN_EXISTS', 'written']);
    expect(store.accessTokens().map(({ name }) => name)).toEqual(['anna', 'ben']);
  });
});
