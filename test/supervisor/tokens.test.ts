import { describe, expect, it } from 'vitest';
import { tokenHasher } from '../../src/startup/token-hasher.ts';
import { createTokenIndex } from '../../src/supervisor/tokens.ts';

const hashToken = tokenHasher.sha256;
const openIndex = () => createTokenIndex('admin', tokenHasher);

const rowOf = (token: string, incarnation: number | null = 1) => ({
  hash: hashToken(token),
  workspaceId: 'w1',
  incarnation,
  createdAt: 0,
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
});
