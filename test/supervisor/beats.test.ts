import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../machines/time.ts';
import { openBench } from './bench.ts';

describe('a beat', () => {
  it('is judged by the policy that is in force when it comes', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.beat(id, { errorRate: 0.4 });
    expect(bench.view(id).status).toBe('online');
    await bench.change(id, { policy: { degradedAt: 0.3, recoveredBelow: 0.2 } });
    await bench.beat(id, { errorRate: 0.4 });
    expect(bench.view(id).status).toBe('degraded');
    await bench.beat(id, { errorRate: 0.15 });
    expect(bench.view(id).status).toBe('online');
  });

  it('of a paused agent is answered, and nothing of it is taken note of', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.act(id, 'pause');
    const { presence } = bench.view(id);
    await bench.pass(MINUTE);
    expect(await bench.beat(id, { errorRate: 0.7, activeTasks: 3 })).toMatchObject({
      status: 'paused',
      leaseExpiresAt: null,
    });
    expect(bench.view(id)).toMatchObject({ status: 'paused', presence });
  });

  it('may ask for quiet, for fifteen minutes and no more', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.beat(id, { quietForMs: 24 * 60 * MINUTE });
    await bench.pass(15 * MINUTE - 1);
    expect(bench.view(id).status).toBe('online');
    await bench.pass(1);
    expect(bench.view(id).status).toBe('offline');
  });
});
