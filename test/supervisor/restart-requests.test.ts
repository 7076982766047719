import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../machines/time.ts';
import { openBench } from './bench.ts';
import { MISSING } from './benched-instances.ts';

const TOOL = { plugins: [{ name: 'tool', source: 'local://tool' }] };

describe('a restart request', () => {
  it('made while the agent is awaited is served when its time to come online has passed', async () => {
    const bench = await openBench();
    const id = await bench.create();
    await bench.pass(5 * MINUTE);
    await bench.act(id, 'restart');
    await bench.pass(7 * MINUTE - 1);
    expect(bench.view(id)).toMatchObject({ incarnation: 1, restartPending: true });
    await bench.pass(1);
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.provisioning',
      incarnation: 2,
      restartPending: false,
    });
    expect(bench.instances.runningOf(id)).toBe(2);
    await bench.pass(12 * MINUTE);
    expect(bench.view(id)).toMatchObject({ status: 'failed', reason: { code: 'provision-timeout' } });
  });

  it('made while a reconcile hangs is served when the time of the reconcile has passed', async () => {
    const bench = await openBench();
    const id = await bench.create(TOOL);
    bench.plugins.doors.look.shut();
    await bench.beat(id);
    await bench.act(id, 'restart');
    for (let minute = 0; minute < 10; minute += 1) {
      expect(bench.view(id)).toMatchObject({ incarnation: 1, restartPending: true });
      await bench.beat(id);
      await bench.pass(MINUTE);
    }
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.provisioning',
      incarnation: 2,
      restartPending: false,
    });
    bench.plugins.doors.look.open();
    await bench.beat(id);
    await bench.settle(id);
    expect(bench.view(id)).toMatchObject({ incarnation: 3, plugins: { installed: 1 } });
  });

  it('made after a start and before its first beat is honoured by one more cycle', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.act(id, 'restart');
    await bench.act(id, 'restart');
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.provisioning',
      incarnation: 2,
      restartPending: true,
    });
    await bench.beat(id);
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.provisioning',
      incarnation: 3,
      restartPending: false,
    });
    await bench.settle(id);
    expect(bench.view(id)).toMatchObject({ state: 'wanted.online.converged', incarnation: 3 });
  });

  it('leaves a reconcile that hangs without one to be tried again', async () => {
    const bench = await openBench();
    const id = await bench.create(TOOL);
    bench.plugins.doors.look.shut();
    for (let minute = 0; minute < 10; minute += 1) {
      await bench.beat(id);
      await bench.pass(MINUTE);
    }
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.online.blocked',
      incarnation: 1,
      reason: { code: 'plugins-blocked' },
    });
  });
});

describe('a restart that is declined', () => {
  it('leaves an agent that was never heard awaited, and says why', async () => {
    const bench = await openBench();
    const id = await bench.create();
    await bench.change(id, { command: MISSING });
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.provisioning',
      incarnation: 1,
      restartPending: false,
      reason: { code: 'restart-declined' },
    });
    expect(bench.instances.runningOf(id)).toBe(1);
    expect(bench.journal(id).some(({ to }) => to.startsWith('wanted.online'))).toBe(false);

    await bench.beat(id);
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.online.converged',
      incarnation: 1,
      reason: { code: 'restart-declined' },
    });
  });

  it('does not keep an agent that is never heard from failing in time', async () => {
    const bench = await openBench();
    const id = await bench.create();
    await bench.change(id, { command: MISSING });
    await bench.pass(12 * MINUTE);
    expect(bench.view(id)).toMatchObject({ status: 'failed', reason: { code: 'provision-timeout' } });
  });

  it('leaves an agent that was heard online, also after the supervisor was restarted', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.restartSupervisor();
    await bench.change(id, { command: MISSING });
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.online.converged',
      incarnation: 1,
      reason: { code: 'restart-declined' },
    });
    expect(bench.instances.runningOf(id)).toBe(1);
  });

  it('brings no later incarnation online for what an earlier one said', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.act(id, 'restart');
    await bench.change(id, { command: MISSING });
    expect(bench.view(id)).toMatchObject({ state: 'wanted.provisioning', incarnation: 2 });
  });
});
