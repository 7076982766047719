import { afterEach, describe, expect, it } from 'vitest';
import {
  entriesIntoOnline,
  type InProcess,
  isConverged,
  openInProcess,
  writtenHistory,
} from './in-process.ts';
import { eventually } from './program.ts';

/** Paused at night, there again in the morning; what an operator did since wins. */

const HOUR = 3_600_000;
const SCHEDULE = { pause: '0 22 * * *', resume: '0 7 * * *', timezone: 'UTC' };
/** Hours pass in one step here, and nobody beats meanwhile. */
const policy = { offline_after: '20d', provision_within: '20d' };

let keepwell: InProcess;
afterEach(() => keepwell.close());

const toHour = async (hour: number) => {
  const away = (hour * HOUR - (keepwell.clock.now() % (24 * HOUR)) + 24 * HOUR) % (24 * HOUR);
  await keepwell.clock.advance(away === 0 ? 24 * HOUR : away);
};
const create = async (facts: object): Promise<string> => {
  const { id } = await keepwell.api.post('/workspaces', {
    command: ['sleep', '900'],
    schedule: SCHEDULE,
    policy,
    ...facts,
  });
  await comesOnline(id);
  return id;
};
const comesOnline = async (id: string): Promise<void> => {
  await eventually('a beat being taken', async () => (await keepwell.beat(id)).status === 200);
  await eventually('convergence', async () => isConverged(await keepwell.api.view(id)));
};
const is = (id: string, state: string) =>
  eventually(`the state ${state}`, async () => {
    const view = await keepwell.api.view(id);
    return view.state === state ? view : null;
  });
/** Every instance that was started gets a beat, so that time alone decides. */
const resumed = async (id: string, incarnation: number) => {
  await eventually('it being started', async () => (await keepwell.api.view(id)).incarnation === incarnation);
  await comesOnline(id);
};

describe('a schedule', () => {
  it('pauses at night though the supervisor was away, and resumes in the morning by one reconcile', async () => {
    keepwell = await openInProcess();
    await toHour(12);
    const id = await create({ name: 'clerk' });
    expect(await keepwell.api.view(id)).toMatchObject({
      spec: { schedule: SCHEDULE },
      schedule: { next: { act: 'pause' }, paused: false },
    });
    await keepwell.restartSupervisor(() => toHour(23));
    const paused = await is(id, 'resting.paused');
    expect(paused).toMatchObject({
      reason: {
        code: 'by-schedule',
        message: expect.stringMatching(/^Its schedule paused it until \w+ 07:00 UTC\.$/),
      },
      schedule: { next: { act: 'resume' }, paused: true },
    });
    const before = (await writtenHistory(keepwell.api, id)).length;
    await toHour(7);
    await resumed(id, 2);
    const since = (await writtenHistory(keepwell.api, id)).slice(before);
    expect(entriesIntoOnline(since)).toHaveLength(1);
  });

  it('leaves a pause of an operator alone, through a restart', async () => {
    keepwell = await openInProcess();
    await toHour(12);
    const id = await create({ name: 'clerk' });
    await keepwell.api.post(`/workspaces/${id}/pause`);
    await is(id, 'resting.paused');
    await toHour(23);
    await keepwell.restartSupervisor(() => toHour(8));
    expect(await is(id, 'resting.paused')).toMatchObject({
      reason: { code: 'by-operator' },
      schedule: { paused: false },
    });
    await keepwell.api.post(`/workspaces/${id}/resume`);
    await resumed(id, 2);
  });

  it.each([
    ['a line that is none', { ...SCHEDULE, pause: 'at night' }, /schedule\.pause/],
    ['a zone that is none', { ...SCHEDULE, timezone: 'Europe/Nowhere' }, /schedule\.timezone/],
    ['two acts at one moment', { ...SCHEDULE, resume: SCHEDULE.pause }, /schedule\.resume/],
  ])('is refused with %s', async (_, schedule, words) => {
    keepwell = await openInProcess();
    const { status, body } = await keepwell.api.request('POST', '/workspaces', {
      name: 'x',
      command: ['sleep', '9'],
      schedule,
    });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toMatch(words);
    expect(JSON.stringify(body)).toContain('SCHEDULE_INVALID');
  });
});
