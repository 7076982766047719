import { describe, expect, it } from 'vitest';
import { IDLE, openForTest } from './played-agents.ts';

describe('a default that was changed while the supervisor was down', () => {
  it('is in force after its restart: what the view says is what a beat is granted', async () => {
    const { program, create, settle, beat } = await openForTest();
    const byDefault = await create({ name: 'default', command: IDLE });
    const byItsSpec = await create({ name: 'spec', command: IDLE, policy: { offline_after: '240s' } });
    for (const { id } of [byDefault, byItsSpec]) await settle(id);
    const granted = async (id: string): Promise<number> => {
      const { body } = await beat(id);
      return (Date.parse(body.lease_expires_at) - program.clock.now()) / 1000;
    };
    expect([await granted(byDefault.id), await granted(byItsSpec.id)]).toEqual([180, 240]);

    await program.restartSupervisor(() => {}, { KEEPWELL_OFFLINE_AFTER: '600s' });
    const policies = [byDefault, byItsSpec].map(async ({ id }) => (await program.api.view(id)).policy);
    expect((await Promise.all(policies)).map((policy) => policy.offline_after)).toEqual(['10m', '4m']);
    expect([await granted(byDefault.id), await granted(byItsSpec.id)]).toEqual([600, 240]);
  });
});
