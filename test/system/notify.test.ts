import { describe, expect, it, onTestFinished } from 'vitest';
import { type Arrived, isSigned, openReceiver } from '../notify/receiver.ts';
import { openForTest } from './played-agents.ts';
import { type Answer, eventually, keepwell } from './program.ts';

const SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
const MINUTE = 60_000;

type Target = { name: string; kind?: string; path?: string; on?: string[]; secret?: string };

/** A receiver, and the program with targets that lead to it. */
const open = async (
  targets: Target[] = [{ name: 'ops' }],
  answer?: Parameters<typeof openReceiver>[0],
  env: Record<string, string> = {},
) => {
  const receiver = await openReceiver(answer);
  onTestFinished(receiver.close);
  const notify = targets.map(({ path = '/hook', kind = 'webhook', ...target }) => ({
    kind,
    url: receiver.url + path,
    ...(kind === 'webhook' ? { secret: SECRET } : {}),
    ...target,
  }));
  const life = await openForTest({ env: { KEEPWELL_NOTIFY: JSON.stringify(notify), ...env } });
  const { program } = life;
  const bodies = (): Answer[] => receiver.arrived.map(({ body }) => JSON.parse(body));
  return {
    ...life,
    receiver,
    bodies,
    /** An agent elsewhere that beat once. */
    async online(name: string): Promise<Answer> {
      const created = await life.create({ name, external: true });
      await life.settle(created.id);
      return created;
    },
    async reach(id: string, status: string): Promise<void> {
      await eventually(status, async () => (await program.api.view(id)).status === status);
    },
    /** Time passes until so many messages have arrived. */
    async until(count: number, stepMs = 1_000): Promise<void> {
      await eventually(`${count} messages`, async () => {
        if (receiver.arrived.length >= count) return true;
        await program.clock.advance(stepMs);
        return receiver.arrived.length >= count;
      });
    },
  };
};

const SILENCE_MS = 200_000;

describe('a workspace that goes offline and recovers', () => {
  it('is told of in signed messages that belong to one incident', async () => {
    const { program, online, reach, until, beat, bodies, receiver } = await open();
    const { id } = await online('demo');
    await program.clock.advance(SILENCE_MS);
    await reach(id, 'awaiting_agent');
    await until(1);
    await beat(id);
    await until(2);

    const [down, up] = bodies();
    expect([down.type, up.type]).toEqual(['keepwell.offline', 'keepwell.recovered']);
    expect(down.title).toBe('demo is offline');
    expect(down.notices[0]).toMatchObject({ workspace: 'demo', workspace_id: id, kind: 'offline' });
    expect(up.notices[0].incident).toBe(down.notices[0].incident);
    for (const arrived of receiver.arrived) {
      expect(isSigned(arrived, SECRET)).toBe(true);
      expect(isSigned({ ...arrived, body: `${arrived.body} ` }, SECRET)).toBe(false);
    }
    expect(receiver.arrived[0]?.headers['webhook-id']).toBe(down.id);
    const { targets, dead_letters: dead } = await program.api.get('/notify');
    expect(targets).toMatchObject([{ name: 'ops', kind: 'webhook', pending: 0, dead: 0, problem: null }]);
    expect([typeof targets[0].delivered_at, dead]).toEqual(['string', []]);
  });

  it('is told to each target only as far as it asked for', async () => {
    const { program, online, until, beat, receiver } = await open([
      { name: 'all', path: '/all' },
      { name: 'failures', path: '/failures', on: ['failed', 'recovered'] },
    ]);
    const { id } = await online('demo');
    await program.clock.advance(SILENCE_MS);
    await until(1);
    await beat(id);
    await until(2);
    expect(receiver.arrived.map(({ path }) => path)).toEqual(['/all', '/all']);
  });

  it('is told of as Slack, Discord and ntfy want it; Discord edits its message when the incident is over', async () => {
    const answer = ({ path, method }: Arrived) =>
      path.startsWith('/discord') && method === 'POST'
        ? { status: 200, body: JSON.stringify({ id: '1234567890' }) }
        : { status: 200 };
    const { program, online, until, beat, receiver } = await open(
      [
        { name: 'chat', kind: 'slack', path: '/slack' },
        { name: 'guild', kind: 'discord', path: '/discord?thread_id=5' },
        { name: 'phone', kind: 'ntfy', path: '/team-topic', secret: 'tk_access' },
      ],
      answer,
    );
    const { id } = await online('demo');
    await program.clock.advance(SILENCE_MS);
    await until(3);
    await beat(id);
    await until(6);
    const to = (path: string) => receiver.arrived.filter((arrived) => arrived.path.startsWith(path));
    const [slack] = to('/slack').map(({ body }) => JSON.parse(body).text as string);
    expect(slack).toMatch(/^\*demo is offline\*\n/);
    expect(slack).toMatch(/_incident [0-9a-z]+-\d+_$/);
    expect(to('/discord').map(({ method, path }) => [method, path])).toEqual([
      ['POST', '/discord?thread_id=5&wait=true'],
      ['PATCH', '/discord/messages/1234567890?thread_id=5'],
    ]);
    const phone = to('/').filter(({ path }) => path === '/');
    expect(phone.map(({ body }) => JSON.parse(body))).toMatchObject([
      {
        topic: 'team-topic',
        title: 'demo is offline',
        priority: 4,
        tags: ['red_circle', expect.any(String)],
      },
      { topic: 'team-topic', title: 'demo recovered', priority: 2 },
    ]);
    expect(phone[0]?.headers.authorization).toBe('Bearer tk_access');
  });
});

describe('many notices at once', () => {
  it('are one message: a digest', async () => {
    const { program, online, until, bodies } = await open([{ name: 'ops' }], undefined, {
      KEEPWELL_SILENCE_HOLD: '0s',
    });
    for (const name of ['a', 'b', 'c', 'd', 'e']) await online(name);
    await program.clock.advance(SILENCE_MS);
    await until(1);
    await program.clock.advance(10_000);
    const [digest, ...others] = bodies();
    expect(others).toEqual([]);
    expect([digest.type, digest.title]).toEqual(['keepwell.digest', '5 notices: 5 offline']);
    expect(digest.notices.map(({ workspace }: Answer) => workspace).toSorted()).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
    ]);
    expect((await program.api.get('/notify')).targets[0].pending).toBe(0);
  });

  it('are the one notice of the supervisor itself, while it does not believe in the silence', async () => {
    const { program, online, until, beat, bodies } = await open();
    const all = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) all.push(await online(name));
    await program.clock.advance(SILENCE_MS);
    await until(1);
    expect((await program.api.get('/health')).notices).toHaveLength(1);
    for (const { id } of all) await beat(id);
    await until(2);
    expect(bodies().map(({ type, title }) => [type, title])).toEqual([
      ['keepwell.supervisor_hold', 'Keepwell holds its judgement'],
      ['keepwell.recovered', 'Keepwell recovered'],
    ]);
    expect(new Set(bodies().map(({ notices }) => notices[0].incident)).size).toBe(1);
  });
});

describe('a receiver that is down', () => {
  it('gets each notice later, under the same id and in order', async () => {
    let isDown = true;
    const { program, online, until, beat, receiver, bodies } = await open([{ name: 'ops' }], () => ({
      status: isDown ? 503 : 204,
    }));
    const { id } = await online('demo');
    await program.clock.advance(SILENCE_MS);
    await until(2);
    await beat(id);
    const [target] = (await program.api.get('/notify')).targets;
    expect([target.pending, target.problem]).toEqual([2, 'It answered 503.']);
    isDown = false;
    const failed = receiver.arrived.length;
    await until(failed + 2, 10_000);
    expect(
      new Set(
        bodies()
          .slice(0, failed + 1)
          .map(({ id: of }) => of),
      ).size,
    ).toBe(1);
    expect(
      bodies()
        .map(({ type }) => type)
        .slice(failed),
    ).toEqual(['keepwell.offline', 'keepwell.recovered']);
  });

  it('has a dead letter after eight tries, which may be tried again', async () => {
    let isDown = true;
    const { program, online, receiver } = await open([{ name: 'ops' }], () => ({
      status: isDown ? 500 : 200,
    }));
    await online('demo');
    await program.clock.advance(SILENCE_MS);
    const [letter] = await eventually('the letter being given up', async () => {
      await program.clock.advance(10 * MINUTE);
      const { dead_letters: dead } = await program.api.get('/notify');
      return dead.length > 0 ? dead : null;
    });
    expect([letter.tries, letter.problem, receiver.arrived.length]).toEqual([8, 'It answered 500.', 8]);
    const shown = await keepwell(program.data, ['notify', 'ls']);
    expect(shown.stdout).toContain('Given up:');
    expect(shown.stdout).toContain(letter.id);

    isDown = false;
    const retried = await keepwell(program.data, ['notify', 'retry', letter.id]);
    expect(retried.stdout.trim()).toBe('1 notice is tried again.');
    await eventually('the delivery', async () => receiver.arrived.length === 9);
    await eventually('it being noted', async () => {
      const { targets, dead_letters: dead } = await program.api.get('/notify');
      return dead.length === 0 && targets[0].pending === 0;
    });
    const again = await keepwell(program.data, ['notify', 'retry', letter.id]);
    expect([again.code === 0, again.stderr]).toEqual([
      false,
      expect.stringContaining('No notice with that id'),
    ]);
  });

  it('is not followed where it redirects', async () => {
    const { program, receiver } = await open([{ name: 'ops' }], () => ({
      status: 302,
      headers: { location: '/elsewhere' },
    }));
    const { body } = await program.api.request('POST', '/notify/test', { target: 'ops' });
    expect(body).toEqual({ delivered: false, problem: 'It answered 302.' });
    expect(receiver.arrived.map(({ path }) => path)).toEqual(['/hook']);
  });
});

describe('a test', () => {
  it('is sent to one target or to all, and says what came of it without naming an address', async () => {
    const { program, bodies, receiver } = await open([
      { name: 'ops' },
      { name: 'phone', kind: 'ntfy', path: '/t' },
    ]);
    const all = await keepwell(program.data, ['notify', 'test']);
    expect([all.code, all.stdout.trim().split('\n')]).toEqual([0, ['ops: delivered', 'phone: delivered']]);
    expect(bodies()[0].type).toBe('keepwell.test');
    receiver.close();
    const one = await keepwell(program.data, ['notify', 'test', 'ops']);
    expect([one.code, one.stdout.trim()]).toEqual([1, 'ops: It could not be reached: ECONNREFUSED.']);
    const unknown = await keepwell(program.data, ['notify', 'test', 'nobody']);
    expect(unknown.stderr).toContain('There is no target of that name.');
    const shown = await keepwell(program.data, ['notify', 'ls', '--json']);
    for (const said of [all, one, shown]) {
      expect(said.stdout + said.stderr).not.toMatch(/\/hook|whsec_|127\.0\.0\.1/);
    }
  });
});
