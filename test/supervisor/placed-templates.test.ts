import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../machines/time.ts';
import { KeepwellError } from '../../src/errors.ts';
import { openBench } from './bench.ts';

const full = () => Object.assign(new Error('ENOSPC: no space left on device, open /x'), { code: 'ENOSPC' });

/** A bench whose templates are placed, or not, for the reason that is given. */
const open = async () => {
  const problem: { now: Error | null } = { now: null };
  const bench = await openBench({
    placeTemplate: async () => {
      if (problem.now !== null) throw problem.now;
    },
  });
  return { bench, problem };
};

describe('a template that cannot be placed', () => {
  it.each([
    [
      'is full of mistakes',
      () => new KeepwellError('TEMPLATE_INVALID', { message: 'it has too many files' }),
    ],
    ['finds no room on the disk', full],
    ['finds no folder to be placed in', () => new Error('Not a folder: /configs')],
  ])('since it %s declines a restart and leaves the agent running', async (_, why) => {
    const { bench, problem } = await open();
    const id = await bench.online({ template: 't' });
    const { incarnation } = bench.view(id);
    problem.now = why();
    await bench.act(id, 'restart');
    for (let minutes = 0; minutes < 5; minutes += 1) {
      await bench.pass(MINUTE);
      await bench.beat(id);
    }
    expect(bench.view(id)).toMatchObject({
      incarnation,
      state: 'wanted.online.converged',
      reason: { code: 'restart-declined' },
      restartPending: false,
    });
    expect(bench.instances.runningOf(id)).not.toBeNull();
    problem.now = null;
    await bench.act(id, 'restart');
    await bench.settle(id);
    expect(bench.view(id)).toMatchObject({ incarnation: incarnation + 1, reason: null });
  });

  it('for want of room is a start that fails: tried again by itself, and given up when the budget is used up', async () => {
    const { bench, problem } = await open();
    problem.now = full();
    const id = await bench.create({ template: 't' });
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.offline',
      reason: { code: 'driver-failed', message: expect.stringContaining('ENOSPC') },
    });
    expect(bench.view(id).reason?.message).not.toContain('/x');
    problem.now = null;
    await bench.pass(MINUTE);
    await bench.settle(id);
    expect(bench.view(id).status).toBe('online');
    problem.now = full();
    bench.instances.exit(id);
    await bench.calm();
    await bench.pass(30 * MINUTE);
    expect(bench.view(id)).toMatchObject({ status: 'failed', reason: { code: 'crash-loop' } });
  });

  it('declines a rollback too', async () => {
    const { bench, problem } = await open();
    const plugins = ['a', 'b'].map((name) => ({ name, source: `local://${name}` }));
    const id = await bench.online({ template: 't', plugins: plugins.slice(0, 1) });
    await bench.change(id, { plugins });
    await bench.settle(id);
    const { incarnation } = bench.view(id);
    problem.now = full();
    await bench.supervisor.rollback(id, 1);
    await bench.calm();
    expect(bench.view(id)).toMatchObject({ incarnation, status: 'online' });
    expect(bench.plugins.inForceOf(id)).toEqual(['a@1', 'b@1']);
  });
});
