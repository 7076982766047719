import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { isSigned, openReceiver } from '../notify/receiver.ts';
import {
  type Answer,
  createDataFolder,
  eventually,
  freePort,
  keepwell,
  type Program,
  startProgram,
  stopAgents,
} from './program.ts';

const SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';

const cleanUps: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanUps.splice(0).toReversed()) await clean();
});

/** The real program, told to notify a real receiver; `again` starts it anew on the same data. */
const open = async (answer?: Parameters<typeof openReceiver>[0]) => {
  const data = createDataFolder();
  const receiver = await openReceiver(answer);
  const port = await freePort();
  const notify = [{ name: 'ops', kind: 'webhook', url: `${receiver.url}/private-path`, secret: SECRET }];
  const env = {
    KEEPWELL_NOTIFY: JSON.stringify(notify),
    KEEPWELL_NOTIFY_RETRY: '200ms',
    KEEPWELL_OFFLINE_AFTER: '1s',
    KEEPWELL_LOG_LEVEL: 'debug',
  };
  const programs: Program[] = [];
  const again = async (): Promise<Program> => {
    const program = await startProgram({ data: data.path, env, port });
    programs.push(program);
    return program;
  };
  cleanUps.push(
    data.remove,
    () => stopAgents(data.path),
    receiver.close,
    async () => {
      for (const program of programs) await program.kill9();
    },
  );
  return { data: data.path, receiver, again, outputs: () => programs.map(({ output }) => output()).join('') };
};

/** An agent elsewhere that was heard once, and is then missed. */
const goSilent = async ({ api }: Program): Promise<string> => {
  const { id, auth_token: token } = await api.post('/workspaces', { name: 'demo', external: true });
  await api.beat(id, token);
  await eventually('it being online', async () => (await api.view(id)).status === 'online');
  await eventually(
    'its silence being in the journal',
    async () => (await api.history(id)).some(({ event }: Answer) => event === 'lease.expired'),
    20_000,
  );
  return id;
};

describe('a notice', () => {
  it('is delivered by the next supervisor when kill -9 comes between its commit and its delivery', async () => {
    const { receiver, again, data, outputs } = await open();
    const first = await again();
    const id = await goSilent(first);
    await first.kill9();
    expect(receiver.arrived).toEqual([]);

    await again();
    await eventually('the notice', async () => receiver.arrived.length > 0);
    await sleep(500);
    expect(receiver.arrived).toHaveLength(1);
    const [arrived] = receiver.arrived;
    expect(JSON.parse(arrived?.body ?? '')).toMatchObject({
      type: 'keepwell.offline',
      notices: [{ workspace_id: id }],
    });
    expect(arrived !== undefined && isSigned(arrived, SECRET)).toBe(true);
    const shown = await keepwell(data, ['notify', 'ls']);
    expect(shown.stdout).toMatch(/ops +webhook/);
    for (const text of [outputs(), shown.stdout]) expect(text).not.toMatch(/private-path|whsec_/);
  });

  it('is sent again under the same id when kill -9 comes before the receiver has answered', async () => {
    const { receiver, again } = await open((_, count) => (count === 1 ? null : { status: 200 }));
    const first = await again();
    await goSilent(first);
    await eventually('the first delivery', async () => receiver.arrived.length === 1);
    await first.kill9();
    const second = await again();
    await eventually('the second delivery', async () => receiver.arrived.length === 2);
    const [one, two] = receiver.arrived;
    expect(two?.headers['webhook-id']).toBe(one?.headers['webhook-id']);
    expect(two?.body).toBe(one?.body);
    await eventually('it being noted', async () => {
      const { targets } = await second.api.get('/notify');
      return targets[0].pending === 0 && targets[0].delivered_at !== null;
    });
  });
});
