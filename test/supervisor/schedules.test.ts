import { describe, expect, it } from 'vitest';
import type { ScheduledSpec } from '../../src/schedule.ts';
import { type Bench, openBench } from './bench.ts';

const HOUR = 3_600_000;
const SCHEDULE = { pause: '0 22 * * *', resume: '0 7 * * *', timezone: 'UTC' };
/** Hours pass, and nobody beats: that is not what is looked at here. */
const patient = { offlineAfterMs: 900 * HOUR, provisionWithinMs: 900 * HOUR, resyncEveryMs: 900 * HOUR };
const scheduled: Partial<ScheduledSpec> = { schedule: SCHEDULE, policy: patient };

/** At noon, with an agent that beats when it is started. */
const atNoon = async () => {
  const bench = await openBench();
  await toHour(bench, 12);
  const id = await bench.online(scheduled);
  return { bench, id };
};

/** The next time that the clock of the box says so. */
const untilHour = ({ clock }: Bench, hour: number): number => {
  const away = (hour * HOUR - (clock.now() % (24 * HOUR)) + 24 * HOUR) % (24 * HOUR);
  return away === 0 ? 24 * HOUR : away;
};
const toHour = (bench: Bench, hour: number) => bench.pass(untilHour(bench, hour));
/** The supervisor is away until then. */
const awayUntil = (bench: Bench, hour: number) =>
  bench.restartSupervisor(() => {
    bench.clock.setWall(untilHour(bench, hour));
  });

const isRunning = (bench: Bench, id: string) => bench.instances.runningOf(id) !== null;
const entriesSince = (bench: Bench, id: string, seq: number) =>
  bench.journal(id).filter((row) => row.seq > seq && row.event === 'operator.resumed').length;

describe('a schedule', () => {
  it('pauses at its moment, says until when, and resumes: one start', async () => {
    const { bench, id } = await atNoon();
    expect(bench.view(id).schedule).toMatchObject({ next: { act: 'pause' }, paused: false });

    await toHour(bench, 22);
    expect(bench.view(id)).toMatchObject({
      state: 'resting.paused',
      reason: {
        code: 'by-schedule',
        message: expect.stringMatching(/^Its schedule paused it until \w+ 07:00 UTC\.$/),
      },
      schedule: { next: { act: 'resume' }, paused: true },
    });
    expect(isRunning(bench, id)).toBe(false);
    expect(bench.supervisor.why(id).text).toContain('Its schedule paused it until');
    const rows = bench.journal(id).filter(({ event }) => event === 'operator.paused');
    expect(rows).toMatchObject([{ cause: { by: 'schedule' }, reason: { code: 'by-schedule' } }]);

    const { seq } = bench.journal(id).at(-1) ?? { seq: 0 };
    await toHour(bench, 7);
    await bench.settle(id);
    expect(bench.view(id)).toMatchObject({ state: 'wanted.online.converged', schedule: { paused: false } });
    expect(entriesSince(bench, id, seq)).toBe(1);
  });

  it('never undoes the pause of an operator, made before its moment or while it rested', async () => {
    const { bench, id } = await atNoon();
    const other = await bench.online(scheduled);
    await bench.act(id, 'pause');
    await toHour(bench, 22);
    await bench.act(other, 'pause');
    expect(bench.view(other)).toMatchObject({ schedule: { paused: false } });
    await awayUntil(bench, 6);
    await toHour(bench, 8);
    for (const each of [id, other]) expect(bench.view(each).state).toBe('resting.paused');
    await bench.act(id, 'resume');
    expect(bench.view(id).status).toBe('provisioning');
  });

  it('leaves who was resumed at night alone until its next moment, through a restart of the supervisor', async () => {
    const { bench, id } = await atNoon();
    await toHour(bench, 22);
    await bench.act(id, 'resume');
    await bench.settle(id);
    await awayUntil(bench, 23);
    expect(isRunning(bench, id)).toBe(true);
    await toHour(bench, 21);
    expect(bench.view(id).status).not.toBe('paused');
    await toHour(bench, 22);
    expect(bench.view(id).status).toBe('paused');
  });

  it.each([
    ['the pause', 23, 'paused'],
    ['pause and resume', 8, 'online'],
  ])('makes up for %s that it missed, and only for the newest', async (_, hour, status) => {
    const { bench, id } = await atNoon();
    await awayUntil(bench, hour);
    if (status === 'online') await bench.settle(id);
    expect(bench.view(id).status).toBe(status);
  });

  it('resumes after it was away over the resume', async () => {
    const { bench, id } = await atNoon();
    await toHour(bench, 22);
    await awayUntil(bench, 9);
    await bench.pass(1);
    await bench.settle(id);
    expect(isRunning(bench, id)).toBe(true);
  });

  it('settles what came due while the box was suspended', async () => {
    const { bench, id } = await atNoon();
    bench.clock.setWall(untilHour(bench, 23));
    await bench.pass(60_000);
    expect(bench.view(id).status).toBe('paused');
  });

  it('does nothing twice when the clock is set back over its moment', async () => {
    const { bench, id } = await atNoon();
    await toHour(bench, 22);
    await bench.act(id, 'resume');
    await bench.settle(id);
    bench.clock.setWall(-HOUR);
    await bench.pass(HOUR + 60_000);
    expect(bench.view(id).status).not.toBe('paused');
  });

  it('lets what has failed wait for an operator, and says so', async () => {
    const bench = await openBench();
    await toHour(bench, 12);
    const id = await bench.create({ ...scheduled, policy: { provisionWithinMs: 1_000, restartBudget: 0 } });
    await toHour(bench, 21);
    expect(bench.view(id).status).toBe('failed');
    await toHour(bench, 8);
    expect(bench.view(id).status).toBe('failed');
    expect(bench.journal(id).filter(({ event }) => event === 'schedule.skipped')).toMatchObject([
      { cause: { act: 'pause', status: 'failed' } },
    ]);
  });

  it('that comes by a change makes up for nothing, and takes a pause of the one before for its own', async () => {
    const { bench, id } = await atNoon();
    await toHour(bench, 22);
    const changed: Partial<ScheduledSpec> = {
      schedule: { ...SCHEDULE, pause: '30 21 * * *', resume: '0 9 * * *' },
    };
    await bench.change(id, changed);
    await toHour(bench, 8);
    expect(bench.view(id).status).toBe('paused');
    await toHour(bench, 9);
    expect(bench.view(id).status).toBe('provisioning');
  });

  it('resumes many one after the other', async () => {
    const { bench } = await atNoon();
    for (let count = 0; count < 9; count += 1) await bench.online(scheduled);
    await toHour(bench, 22);
    await bench.pass(untilHour(bench, 7) + 900);
    const paused = () => bench.supervisor.list({ after: null, limit: 20, status: 'paused' }).length;
    expect(paused()).toBe(5);
    await bench.pass(1_000);
    expect(paused()).toBe(0);
  });
});
