import { expect, it } from 'vitest';
import { openBench } from './bench.ts';

it('shows how many restarts after crashes are used, of how many, and when one is free again', async () => {
  const bench = await openBench();
  const id = await bench.online({ policy: { restartWindowMs: 60_000, restartBudget: 2 } });
  const unused = { used: 0, allowed: 2, windowMs: 60_000, nextFreeAt: null };
  expect(bench.view(id).budgets.restarts).toEqual(unused);

  bench.instances.exit(id);
  await bench.calm();
  const crashedAt = bench.clock.now();
  await bench.pass(20_000);
  await bench.settle(id);
  const used = { ...unused, used: 1, nextFreeAt: crashedAt + 60_000 };
  expect(bench.view(id).budgets.restarts).toEqual(used);
  expect(bench.supervisor.why(id).text).toContain('Restart budget: 1 of 2 within 60 s used');

  await bench.pass(20_000);
  await bench.restartSupervisor();
  expect(bench.view(id).budgets.restarts).toEqual(used);

  await bench.pass(crashedAt + 60_000 - bench.clock.now());
  expect(bench.view(id).budgets.restarts).toEqual(unused);
});
