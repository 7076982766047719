import { afterAll, beforeAll, expect, it } from 'vitest';
import { openServer, type TestServer } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const NIGHT = { pause: '0 22 * * 1-5', resume: '0 7 * * 1-5', timezone: 'Europe/Berlin' };

it('takes a schedule, shows it, and takes it away', async () => {
  const body = { name: 'night', command: ['run'], schedule: NIGHT };
  expect((await server.send('POST', '/workspaces', { body })).body.spec.schedule).toEqual(NIGHT);
  const { timezone: _, ...bare } = NIGHT;
  const changed = await server.send('PATCH', '/workspaces/night', {
    body: { schedule: { ...bare, timezone: null } },
  });
  expect(changed.body.spec.schedule).toEqual({ ...bare, timezone: 'UTC' });
  const gone = await server.send('PATCH', '/workspaces/night', { body: { schedule: null } });
  expect(gone.body.spec.schedule).toBeNull();
});

it('says what is wrong with one, and where', async () => {
  const body = { name: 'bad', command: ['run'], schedule: { ...NIGHT, pause: '0 25 * * *' } };
  expect(await server.send('POST', '/workspaces', { body })).toMatchObject({
    status: 400,
    body: {
      code: 'SCHEDULE_INVALID',
      hint: expect.stringContaining('0 22 * * 1-5'),
      details: [{ path: 'schedule.pause', message: expect.stringContaining('hour: 25') }],
    },
  });
});
