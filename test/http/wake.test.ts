import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServer, type TestServer } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const ask = (name: string, what: string) => server.send('POST', `/workspaces/${name}/${what}`);
const asleep = async (name: string): Promise<void> => {
  await server.external(name);
  await ask(name, 'hibernate');
};
/** Its agent beats. */
const arrive = (name: string) => ask(name, 'reconcile');

describe('waking', () => {
  it('says of one that cannot be woken whether it is awake, on its way, or has to be helped', async () => {
    await asleep('told');
    expect((await ask('told', 'wake')).status).toBe(202);
    const told = async () => {
      const { status, body } = await ask('told', 'wake');
      return [status, body.code, body.details.state];
    };
    expect(await told()).toEqual([409, 'STATE_CONFLICT', 'waking']);
    await arrive('told');
    expect(await told()).toEqual([409, 'STATE_CONFLICT', 'awake']);
    await ask('told', 'pause');
    expect(await told()).toEqual([409, 'STATE_CONFLICT', 'cannot']);
  });

  it('answers everybody who waits once it is online, whoever woke it, and at once when it is already', async () => {
    await asleep('wanted');
    const answers = [ask('wanted', 'wake?wait=20s'), ask('wanted', 'wake?wait=20s')];
    let woken = false;
    while (!woken) woken = (await server.send('GET', '/workspaces/wanted')).body.status === 'provisioning';
    await arrive('wanted');
    for (const { status, body } of await Promise.all(answers)) {
      expect([status, body.status]).toEqual([200, 'online']);
    }
    expect((await ask('wanted', 'wake?wait=20s')).status).toBe(200);
  });

  it('answers with where it is when the time is over, and refuses when it was put to rest meanwhile', async () => {
    await asleep('slow');
    const { status, body } = await ask('slow', 'wake?wait=20ms');
    expect([status, body.status]).toEqual([202, 'provisioning']);

    const waiting = ask('slow', 'wake?wait=20s');
    await ask('slow', 'pause');
    expect(await waiting).toMatchObject({ status: 409, body: { details: { state: 'cannot' } } });
  });

  it('waits a minute at most', async () => {
    await asleep('patient');
    for (const wait of ['61s', 'soon']) {
      expect((await ask('patient', `wake?wait=${wait}`)).body.code).toBe('BAD_DURATION');
    }
    expect((await server.send('GET', '/workspaces/patient')).body.status).toBe('hibernated');
  });
});

it('does not keep a closing server: who waits is told where it is', async () => {
  const second = await openServer();
  await second.external('late');
  await second.send('POST', '/workspaces/late/hibernate');
  const waiting = second.send('POST', '/workspaces/late/wake?wait=60s');
  for (let status = ''; status !== 'provisioning'; ) {
    ({ status } = (await second.send('GET', '/workspaces/late')).body);
  }
  await second.close();
  expect((await waiting).status).toBe(202);
});
