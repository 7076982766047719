import { expect, it } from 'vitest';
import type { Broken } from '../../../src/testing/simulate/watch.ts';
import { createWorld } from '../../../src/testing/simulate/world.ts';

it('a world in which one thing leads to the next without time passing says so', async () => {
  const broken: Broken[] = [];
  const world = createWorld({
    seed: 1,
    workspaces: 1,
    also: [],
    onBroken: (one) => broken.push(one),
    onDecision: () => undefined,
  });
  // Nothing has to be waited for between the one and the next.
  const again = (): void => {
    world.agents.noteQuiet(true);
    world.timeline.after(0, again);
  };
  world.timeline.after(0, again);
  for (let step = 0; step < 5_000 && broken.length === 0; step += 1) await world.step();
  expect(broken).toEqual([expect.objectContaining({ name: 'timePasses', number: 'liveness' })]);
});
