import { describe, expect, it } from 'vitest';
import { tokenHasher } from '../../src/startup/token-hasher.ts';
import { createTokenIndex } from '../../src/supervisor/tokens.ts';

const hashToken = tokenHasher.sha256;
let now = 0;
const openIndex = () => createTokenIndex('admin', tokenHasher, () => now);

const rowOf = (token: string, incarnation: number | null = 1) => ({
  hash: hashToken(token),
  workspaceId: 'w1',
  incarnation,
  createdAt: 0,
  expiresAt: null,
});

describe('a token', () => {
  it('says whom it stands for, and its hash, which is in the database, says nothing', () => {
    const tokens = openIndex();
    tokens.add(rowOf('secret'));
    expect(tokens.identify('secret')).toEqual({ kind: 'workspace', workspaceId: 'w1', incarnation: 1 });
    expect(tokens.identify('admin')).toEqual({ kind: 'admin' });
    for (const wrong of [hashToken('secret'), hashToken('admin'), '', 'Secret']) {
      expect(tokens.identify(wrong)).toBeNull();
    }
  });

  it('overlaps with those of later incarnations until it is forgotten; one without any stays', () => {
    const tokens = openIndex();
    tokens.add(rowOf('for good', null));
    tokens.add(rowOf('first', 1));
    tokens.add(rowOf('second', 2), 1);
    expect(tokens.identify('first')).toMatchObject({ incarnation: 1 });
    tokens.add(rowOf('third', 3), 2);
    expect(tokens.identify('first')).toBeNull();
    expect(tokens.identify('second')).toMatchObject({ incarnation: 2 });
    expect(tokens.identify('for good')).toMatchObject({ incarnation: null });
  });

  it('is worth nothing once its workspace is forgotten', () => {
    const tokens = openIndex();
    tokens.add(rowOf('secret'));
    tokens.forget('w1');
    expect(tokens.identify('secret')).toBeNull();
    expect(tokens.hasAny('w1')).toBe(false);
  });

  it('that was replaced is good until its time is over, says when it was used, and is known then', () => {
    now = 1_000;
    const tokens = openIndex();
    tokens.add(rowOf('old', null));
    tokens.add(rowOf('own', 1));
    expect(tokens.retiring('w1')).toBeNull();
    tokens.rotate(rowOf('new', null), 5_000);
    expect(tokens.retiring('w1')).toEqual({ until: 5_000, usedAt: null });
    now = 4_999;
    expect(tokens.identify('old')).toMatchObject({ workspaceId: 'w1' });
    expect(tokens.retiring('w1')).toEqual({ until: 5_000, usedAt: 4_999 });
    now = 5_000;
    expect([tokens.identify('old'), tokens.expiredAt('old'), tokens.retiring('w1')]).toEqual([
      null,
      5_000,
      null,
    ]);
    for (const good of ['new', 'own']) {
      expect([tokens.identify(good), tokens.expiredAt(good)]).toEqual([expect.anything(), null]);
    }
    expect(tokens.expiredAt('never')).toBeNull();
  });

  it('that ends soon is not good for longer because another one was made', () => {
    now = 0;
    const tokens = openIndex();
    tokens.add(rowOf('first', null));
    tokens.rotate(rowOf('second', null), 100);
    tokens.rotate(rowOf('third', null), 900);
    now = 500;
    expect(tokens.identify('first')).toBeNull();
    expect(tokens.identify('second')).not.toBeNull();
    expect(tokens.retiring('w1')).toEqual({ until: 900, usedAt: 500 });
  });
});
