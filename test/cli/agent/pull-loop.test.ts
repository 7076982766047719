import { describe, expect, it } from 'vitest';
import { createPullLoop, type PullLoop } from '../../../src/cli/agent/pull-loop.ts';
import type { Pulled } from '../../../src/cli/agent/pull-plugins.ts';

const complete = (generation: number, over: Partial<Pulled> = {}): Pulled => ({
  kind: 'complete',
  generation,
  changed: [],
  restartDue: false,
  problem: null,
  failed: [],
  ...over,
});
const incomplete = (generation: number, problem = 'lint: gone'): Pulled =>
  complete(generation, { kind: 'incomplete', problem, failed: [{ name: 'lint', problem: 'gone' }] });

/** Plays what pulls come to, one after the other, and tells what the loop did; `during` is called before each wait. */
const play = async (pulls: Pulled[], during: (loop: PullLoop, wait: number) => void = () => {}) => {
  const over = new AbortController();
  const waits: number[] = [];
  const woken: boolean[] = [];
  const lines: string[] = [];
  const lasts: (Pulled | null)[] = [];
  let restarts = 0;
  const loop = createPullLoop({
    pull: async (last) => {
      lasts.push(last);
      return pulls[lasts.length - 1] as Pulled;
    },
    restart: async () => {
      restarts += 1;
    },
    sleep: async (ms, signal) => {
      waits.push(ms);
      during(loop, waits.length);
      woken.push(signal.aborted);
      if (lasts.length === pulls.length) over.abort();
    },
    roll: () => 0.5,
    log: (line) => lines.push(line),
    everyMs: 120_000,
    minBackoffMs: 1_000,
    maxBackoffMs: 300_000,
  });
  await loop.run(over.signal);
  return { waits, woken, lines, lasts, restarts };
};

describe('the pull loop', () => {
  it('looks at once, and then every so often', async () => {
    const { waits, lines } = await play([complete(1), complete(1), complete(1)]);
    expect(waits).toEqual([120_000, 120_000, 120_000]);
    expect(lines).toEqual([]);
  });

  it('tries ever more slowly what cannot be had, says why once, and says when it is over', async () => {
    const { waits, lines, lasts } = await play([incomplete(1), incomplete(1), incomplete(1), complete(1)]);
    expect(waits).toEqual([1_500, 2_500, 4_500, 120_000]);
    expect(lines).toEqual([
      'plugins are not all in place (lint: gone); trying on',
      'plugin generation 1 is in place',
    ]);
    expect(lasts.map((last) => last?.failed.length ?? null)).toEqual([null, 1, 1, 1]);
  });

  it('is woken when the server says that something is to be fetched', async () => {
    const { woken } = await play([complete(1), complete(2)], (loop, wait) => {
      if (wait === 1) loop.hear(2);
    });
    expect(woken).toEqual([true, false]);
  });

  it('is not hurried by beats that repeat what has just failed, but by another generation', async () => {
    const { woken } = await play([incomplete(2), incomplete(2), incomplete(2)], (loop, wait) =>
      loop.hear(wait === 2 ? 3 : 2),
    );
    expect(woken).toEqual([false, true, false]);
  });

  it('starts the command again once for each change that asks for it', async () => {
    const changed = ['lint', 'tests'];
    const { restarts } = await play([
      complete(1, { changed, restartDue: true }),
      complete(1),
      complete(2, { changed, restartDue: false }),
    ]);
    expect(restarts).toBe(1);
  });

  it('ends where the server installs the plugins itself', async () => {
    const { waits, lines } = await play([complete(1, { kind: 'ours' })]);
    expect(waits).toEqual([]);
    expect(lines).toEqual(['the server installs the plugins of this workspace itself']);
  });
});
