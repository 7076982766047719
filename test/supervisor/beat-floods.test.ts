import { describe, expect, it } from 'vitest';
import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import { openBench } from './bench.ts';

const ELSEWHERE: Partial<WorkspaceSpec> = { runtime: 'external', command: [] };

describe('an agent that beats without end', () => {
  it('is refused after 200 at once, and heard again at the pace that it may have', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    const beatUntilRefused = async (): Promise<number> => {
      for (let taken = 0; ; taken += 1) {
        try {
          await bench.beat(id);
        } catch (error) {
          expect(error).toMatchObject({ code: 'TOO_MANY_BEATS', status: 429 });
          return taken;
        }
      }
    };
    const first = await beatUntilRefused();
    expect(first).toBeGreaterThan(190);
    expect(first).toBeLessThanOrEqual(200);
    await bench.pass(1_000);
    expect(await beatUntilRefused()).toBe(20);
    expect(bench.view(id)).toMatchObject({ status: 'online' });
  });

  it('is not kept out by a clock that was set back', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    bench.clock.setWall(-60 * 60_000);
    await bench.beat(id);
    expect(bench.view(id)).toMatchObject({ status: 'online' });
  });
});
