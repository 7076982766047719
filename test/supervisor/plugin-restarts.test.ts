import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../machines/time.ts';
import { type Bench, openBench } from './bench.ts';

const TOOL = { plugins: [{ name: 'tool', source: 'local://tool' }] };
/** Restarts that plugins may cause within ten minutes. */
const BUDGET = 3;

/** Something deletes the plugins whenever the agent starts, so that each reconcile makes a restart due. */
const openWithVanishingPlugin = async () => {
  const bench = await openBench();
  bench.instances.hooks.onStart = ({ workspaceId }) => bench.plugins.wipe(workspaceId);
  const id = await bench.online(TOOL);
  return { bench, id };
};

const givenUp = { state: 'wanted.online.converged', reason: { code: 'plugin-restart-loop' } };

describe('plugins that keep making restarts due', () => {
  it('restart the agent as often as their budget allows; then it is left running, converged, and says why', async () => {
    const { bench, id } = await openWithVanishingPlugin();
    expect(bench.view(id)).toMatchObject({
      ...givenUp,
      incarnation: 1 + BUDGET,
      restarts: BUDGET,
      restartPending: false,
      plugins: { installed: 1, blocked: [] },
    });
    expect(bench.instances.runningOf(id)).toBe(1 + BUDGET);
    expect(bench.supervisor.why(id).text).toContain(`caused ${BUDGET} restarts within 600 s`);
  });

  it('cost no more than a look now and then once they were given up', async () => {
    const { bench, id } = await openWithVanishingPlugin();
    const before = bench.journal(id).length;
    for (let minute = 0; minute < 8; minute += 1) {
      bench.plugins.wipe(id);
      await bench.beat(id);
      await bench.pass(MINUTE);
    }
    expect(bench.view(id)).toMatchObject({ ...givenUp, incarnation: 1 + BUDGET });
    // Four looks at the plugins, each of which finds them gone and puts them back.
    expect(bench.journal(id).length - before).toBeLessThanOrEqual(4 * 5);
  });

  it('leave the agent running also when another plugin cannot be installed, which is tried again', async () => {
    const bench = await openBench();
    bench.instances.hooks.onStart = ({ workspaceId }) => bench.plugins.wipe(workspaceId);
    bench.plugins.absent.add('absent');
    const plugins = [...TOOL.plugins, { name: 'absent', source: 'local://absent' }];
    const id = await bench.online({ plugins });
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.online.blocked',
      reason: { code: 'plugin-restart-loop' },
      incarnation: 1 + BUDGET,
      restartPending: false,
      plugins: { installed: 1, blocked: [{ name: 'absent' }] },
    });
    await bench.pass((bench.view(id).deadline?.at ?? 0) - bench.clock.now());
    expect(bench.view(id)).toMatchObject({ state: 'wanted.online.blocked', incarnation: 1 + BUDGET });
  });

  it('are not served by the back door when the agent is degraded', async () => {
    const { bench, id } = await openWithVanishingPlugin();
    await bench.beat(id, { errorRate: 1 });
    expect(bench.view(id)).toMatchObject({ state: 'wanted.degraded', incarnation: 1 + BUDGET });
    await bench.beat(id);
    expect(bench.view(id)).toMatchObject({ ...givenUp, incarnation: 1 + BUDGET });
  });

  it('are remembered as given up over a restart of the supervisor', async () => {
    const { bench, id } = await openWithVanishingPlugin();
    await bench.restartSupervisor();
    expect(bench.view(id)).toMatchObject({ ...givenUp, incarnation: 1 + BUDGET });
  });

  it('get a fresh budget when an operator restarts the agent', async () => {
    const { bench, id } = await openWithVanishingPlugin();
    await bench.act(id, 'restart');
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.provisioning',
      incarnation: 2 + BUDGET,
      reason: null,
    });
    await bench.settle(id);
    expect(bench.view(id)).toMatchObject({ ...givenUp, incarnation: 2 + 2 * BUDGET });
  });

  it('get a fresh budget when the spec changes', async () => {
    const { bench, id } = await openWithVanishingPlugin();
    bench.instances.hooks.onStart = () => {};
    await bench.change(id, { plugins: [...TOOL.plugins, { name: 'other', source: 'local://other' }] });
    await bench.settle(id);
    expect(bench.view(id)).toMatchObject({
      incarnation: 2 + BUDGET,
      observedGeneration: 2,
      reason: null,
      restartPending: false,
      plugins: { installed: 2 },
    });
  });

  it('do not keep back the restart that an operator asked for meanwhile', async () => {
    const { bench, id } = await openWithVanishingPlugin();
    bench.plugins.wipe(id);
    bench.plugins.doors.look.shut();
    await bench.act(id, 'reconcile');
    await bench.act(id, 'restart');
    bench.plugins.doors.look.open();
    await bench.calm();
    expect(bench.view(id)).toMatchObject({ state: 'wanted.provisioning', incarnation: 2 + BUDGET });
  });
});

/** A workspace whose plugins were just put in force, while the reconcile that did it has not told yet. */
const openBetweenSwitchAndOutcome = async () => {
  const bench = await openBench();
  const id = await bench.create(TOOL);
  bench.plugins.doors.switched.shut();
  await bench.beat(id);
  expect(bench.plugins.doors.switched.isWaitedAt()).toBe(true);
  return { bench, id };
};

const expectOneMoreIncarnation = (bench: Bench, id: string) => {
  expect(bench.view(id)).toMatchObject({
    state: 'wanted.online.converged',
    incarnation: 2,
    restartPending: false,
    plugins: { installed: 1 },
  });
  expect(bench.instances.done.filter((what) => what.startsWith('start'))).toEqual([
    `start ${id}/1`,
    `start ${id}/2`,
  ]);
};

describe('plugins that were switched just before the agent went down', () => {
  it('need no restart: the next incarnation starts with them', async () => {
    const { bench, id } = await openBetweenSwitchAndOutcome();
    bench.instances.exit(id);
    await bench.calm();
    bench.plugins.doors.switched.open();
    await bench.pass(10 * SECOND);
    await bench.settle(id);
    expectOneMoreIncarnation(bench, id);
  });

  it('need none when it is only after the restart that the old reconcile comes to its end', async () => {
    const { bench, id } = await openBetweenSwitchAndOutcome();
    bench.instances.exit(id);
    await bench.calm();
    await bench.pass(10 * SECOND);
    bench.plugins.doors.switched.open();
    await bench.settle(id);
    expectOneMoreIncarnation(bench, id);
  });

  it('need none when supervisor and agent went down together', async () => {
    const { bench, id } = await openBetweenSwitchAndOutcome();
    await bench.restartSupervisor(bench.instances.loseAll);
    bench.plugins.doors.switched.open();
    await bench.pass(10 * SECOND);
    await bench.settle(id);
    expectOneMoreIncarnation(bench, id);
  });

  it('need one restart when only the supervisor went down: the agent runs without them', async () => {
    const { bench, id } = await openBetweenSwitchAndOutcome();
    await bench.restartSupervisor();
    bench.plugins.doors.switched.open();
    await bench.settle(id);
    expectOneMoreIncarnation(bench, id);
  });

  it('need none when the agent was paused and resumed meanwhile', async () => {
    const { bench, id } = await openBetweenSwitchAndOutcome();
    await bench.act(id, 'pause');
    bench.plugins.doors.switched.open();
    await bench.act(id, 'resume');
    await bench.settle(id);
    expectOneMoreIncarnation(bench, id);
  });
});
