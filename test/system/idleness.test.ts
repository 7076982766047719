import { afterEach, describe, expect, it } from 'vitest';
import {
  entriesIntoOnline,
  type InProcess,
  isConverged,
  openInProcess,
  writtenHistory,
} from './in-process.ts';
import { eventually } from './program.ts';

/** Who has no work is stopped, and is there again when it is woken. */

const MINUTE = 60_000;

let keepwell: InProcess;
afterEach(() => keepwell.close());

const create = async (facts: object) => {
  const { id } = await keepwell.api.post('/workspaces', { command: ['sleep', '900'], ...facts });
  await eventually(
    'the process being there',
    async () => (await keepwell.api.view(id)).deadline?.name === 'provisionBy',
  );
  await beat(id, { current_task: 'the first one' });
  await eventually('convergence', async () => isConverged(await keepwell.api.view(id)));
  return id as string;
};

const beat = (id: string, facts: object = {}) =>
  eventually('a beat being taken', async () => (await keepwell.beat(id, facts)).status === 200);

/** Lets so many minutes pass with a beat in each. */
const live = async (id: string, minutes: number, facts: object = {}) => {
  for (let minute = 0; minute < minutes; minute += 1) {
    await keepwell.clock.advance(MINUTE);
    const { body } = await keepwell.beat(id, facts);
    if (body.workspace_status !== 'online') return;
  }
};

describe('an agent without work', () => {
  it('is hibernated, its process gone; waking it brings it online by one reconcile', async () => {
    keepwell = await openInProcess({ env: { KEEPWELL_BEAT_INTERVAL: '30s' } });
    const idle = await create({ name: 'idle', idle_after: '20m' });
    const view = await keepwell.api.view(idle);
    expect(view.spec.idle_after).toBe('20m');
    expect(Date.parse(view.idle.hibernates_at) - Date.parse(view.idle.since)).toBe(20 * MINUTE);

    await live(idle, 30);
    const resting = await eventually('hibernation', async () => {
      const now = await keepwell.api.view(idle);
      return now.state === 'resting.hibernated' ? now : null;
    });
    expect(resting.reason).toMatchObject({ code: 'by-idleness' });
    expect(await keepwell.api.get(`/workspaces/${idle}/why`)).toMatchObject({
      text: expect.stringContaining('It had no work since'),
    });
    const before = (await writtenHistory(keepwell.api, idle)).length;

    await keepwell.api.post(`/workspaces/${idle}/wake`);
    await eventually('it being started', async () => (await keepwell.api.view(idle)).incarnation === 2);
    await beat(idle);
    await eventually('convergence', async () => isConverged(await keepwell.api.view(idle)));
    const since = (await writtenHistory(keepwell.api, idle)).slice(before);
    expect(entriesIntoOnline(since)).toHaveLength(1);
  });

  it('is let be while it works, though it says so in one beat of ten', async () => {
    keepwell = await openInProcess({ env: { KEEPWELL_BEAT_INTERVAL: '30s' } });
    const id = await create({ name: 'busy', idle_after: '20m' });
    for (let rounds = 0; rounds < 4; rounds += 1) {
      await live(id, 1, { active_tasks: 1 });
      await live(id, 15);
    }
    expect((await keepwell.api.view(id)).status).toBe('online');
  });

  it.each([
    ['30s', /at least 1m/],
    ['soon', /at least 1m/],
  ])('is refused `idle_after: %s`, with words', async (idleAfter, words) => {
    keepwell = await openInProcess();
    const { status, body } = await keepwell.api.request('POST', '/workspaces', {
      name: 'x',
      command: ['sleep', '9'],
      idle_after: idleAfter,
    });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toMatch(words);
  });

  it.each([{ external: true }, { command: ['sleep', '9'], sidecar: true }])(
    'is not meant where it cannot be stopped, or cannot tell of its work: %o',
    async (facts) => {
      keepwell = await openInProcess();
      const { status } = await keepwell.api.request('POST', '/workspaces', {
        name: 'x',
        idle_after: '5m',
        ...facts,
      });
      expect(status).toBe(400);
    },
  );
});
