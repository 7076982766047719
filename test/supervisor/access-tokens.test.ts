import { describe, expect, it } from 'vitest';
import { openBench } from './bench.ts';

describe('a viewer token', () => {
  it('stands for a viewer of its name, over restarts, until it is revoked, over restarts too', async () => {
    const bench = await openBench();
    const { id, token } = await bench.supervisor.createAccessToken('anna', 'viewer');
    const anna = { kind: 'viewer', tokenId: id, name: 'anna' };
    expect(bench.supervisor.identify(token)).toEqual(anna);
    await bench.restartSupervisor();
    expect(bench.supervisor.identify(token)).toEqual(anna);
    expect(bench.supervisor.accessToken(id)).toMatchObject({ id, name: 'anna', role: 'viewer' });
    await bench.supervisor.revokeAccessToken(id);
    for (const again of [false, true]) {
      if (again) await bench.restartSupervisor();
      expect(bench.supervisor.identify(token)).toBeNull();
      expect(bench.supervisor.accessToken(id)).toBeNull();
      expect(bench.supervisor.accessTokens()).toEqual([]);
    }
  });

  it('of a relay stands for a relay', async () => {
    const bench = await openBench();
    const { id, token } = await bench.supervisor.createAccessToken('edge', 'relay');
    await bench.restartSupervisor();
    expect(bench.supervisor.identify(token)).toEqual({ kind: 'relay', tokenId: id, name: 'edge' });
    expect(bench.supervisor.accessTokens()).toMatchObject([{ name: 'edge', role: 'relay' }]);
  });

  it('is not held against those of agents and of the administrator', async () => {
    const bench = await openBench();
    await bench.supervisor.createAccessToken('anna', 'viewer');
    expect(bench.supervisor.identify('admin')).toEqual({ kind: 'admin' });
    expect(bench.supervisor.identify('nobody')).toBeNull();
  });

  it('has a name of its own while it is good, also when two are asked for at once', async () => {
    const bench = await openBench();
    const ask = () =>
      bench.supervisor.createAccessToken('anna', 'viewer').then(
        ({ id }) => id,
        (error: { code: string }) => error.code,
      );
    const [first, second] = await Promise.all([ask(), ask()]);
    expect([first === 'TOKEN_EXISTS', second]).toEqual([false, 'TOKEN_EXISTS']);
    expect(await ask()).toBe('TOKEN_EXISTS');
    await bench.supervisor.revokeAccessToken(first);
    expect(await ask()).not.toBe('TOKEN_EXISTS');
    await expect(bench.supervisor.revokeAccessToken(first)).rejects.toMatchObject({
      code: 'TOKEN_NOT_FOUND',
    });
  });

  it('is neither there nor gone when that cannot be written', async () => {
    const bench = await openBench();
    const { id, token } = await bench.supervisor.createAccessToken('anna', 'viewer');
    await bench.store.close();
    const unwritable = { code: 'STORE_UNWRITABLE' };
    await expect(bench.supervisor.createAccessToken('ben', 'viewer')).rejects.toMatchObject(unwritable);
    await expect(bench.supervisor.revokeAccessToken(id)).rejects.toMatchObject(unwritable);
    expect(bench.supervisor.identify(token)).toMatchObject({ name: 'anna' });
    expect(bench.supervisor.accessTokens().map(({ name }) => name)).toEqual(['anna']);
  });

  it('is kept and told as a hash alone', async () => {
    const bench = await openBench();
    const { id, token } = await bench.supervisor.createAccessToken('anna', 'viewer');
    await bench.supervisor.revokeAccessToken(id);
    const stored = bench.behindItsBack((db) =>
      JSON.stringify(db.prepare('SELECT * FROM access_tokens').all()),
    );
    expect(stored).toContain('anna');
    expect(stored).not.toContain(token);
    const logged = bench.logged.filter(({ message }) => message.includes('access token'));
    expect(logged.map(({ message, details }) => ({ message, details }))).toEqual([
      { message: 'an access token was created', details: { id, name: 'anna', role: 'viewer' } },
      { message: 'an access token was revoked', details: { id, name: 'anna', role: 'viewer' } },
    ]);
  });
});
