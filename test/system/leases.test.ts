import { describe, expect, it } from 'vitest';
import { entriesIntoOnline } from './in-process.ts';
import { HOUR, INTERVAL, LEASE, openJudge, SECOND } from './judged-agents.ts';
import { eventually } from './program.ts';

/** Who is believed alive, and for how long. */

const KINDS = ['process', 'external'] as const;

/** Where silence leads. */
const SILENT = { process: 'offline', external: 'awaiting_agent' };

describe('a hundred beats of an agent that is online and converged', () => {
  it.each(KINDS)('renew its lease and write nothing at all (%s)', async (kind) => {
    const { program, online, pass, beat, view, now, record, database } = await openJudge();
    const agent = await online(kind);
    const version = () => database.pragma('data_version', { simple: true });
    const before = { record: await record(agent), version: version() };

    // Together less than the ten seconds after which presence is flushed.
    for (let beats = 1; beats <= 100; beats += 1) {
      await pass(90);
      const { status, body } = await beat(agent, { uptime_seconds: beats, error_rate: 0.05 });
      expect(status).toBe(200);
      expect(Date.parse(body.lease_expires_at)).toBe(now() + LEASE);
    }

    expect(await record(agent)).toEqual(before.record);
    expect(version(), 'no transaction wrote anything').toBe(before.version);
    expect(program.supervisor.view(agent.id).onlineEntries).toBe(1);
    const after = await view(agent);
    expect(after).toMatchObject({ state: 'wanted.online.converged', uptime_seconds: 100 });
    expect(Date.parse(after.lease_expires_at)).toBe(now() + LEASE);

    await pass(SECOND);
    await eventually('presence being flushed', async () => version() !== before.version);
    expect(await record(agent)).toEqual(before.record);
  });
});

describe('an agent that falls silent', () => {
  it('is offline when its lease ends, not a moment earlier, though it never registered; then it is restarted', async () => {
    const { online, pass, view, history, now, started, beat, converged } = await openJudge();
    const agent = await online('process');
    await pass(LEASE - 1);
    expect((await view(agent)).status).toBe('online');
    await pass(1);

    const silent = await view(agent);
    expect(silent).toMatchObject({
      status: 'offline',
      reason: {
        code: 'lease-expired',
        message: expect.stringMatching(
          /^Its last beat was 180 s before; it was asked for one every \d+ s\.$/,
        ),
      },
    });
    expect((await history(agent)).some(({ event }) => event === 'agent.registered')).toBe(false);

    await pass(Date.parse(silent.deadline.at) - now());
    const next = await started(agent.id, 2);
    await beat(next);
    expect(await converged(next)).toMatchObject({ status: 'online', incarnation: 2, restarts: 1 });
  });

  it('is back at once when it is heard before it is restarted, and its plugins are looked at again', async () => {
    const { online, pass, view, history, statusAfter, converged } = await openJudge();
    const agent = await online('process');
    await pass(LEASE);
    expect((await view(agent)).status).toBe('offline');
    expect(await statusAfter(agent)).toBe('online');
    expect(await converged(agent)).toMatchObject({ incarnation: 1, restarts: 0, reason: null });
    expect(entriesIntoOnline(await history(agent)).map(({ from }) => from)).toEqual([
      'wanted.provisioning',
      // A look at its plugins, while the lease went on.
      'wanted.online.converged',
      'wanted.offline',
    ]);
  });

  it('is waited for when it runs elsewhere, and online with its next beat', async () => {
    const { online, pass, view, statusAfter, converged } = await openJudge();
    const agent = await online('external');
    await pass(LEASE - 1);
    expect((await view(agent)).status).toBe('online');
    await pass(1);
    expect(await view(agent)).toMatchObject({
      status: 'awaiting_agent',
      reason: { code: 'agent-silent' },
      deadline: null,
    });
    await pass(24 * HOUR);
    expect((await view(agent)).status).toBe('awaiting_agent');
    expect(await statusAfter(agent)).toBe('online');
    expect(await converged(agent)).toMatchObject({ reason: null, restarts: 0 });
  });

  it.each(KINDS)('is given the quiet time it asked for (%s)', async (kind) => {
    const { online, pass, view, beat } = await openJudge();
    const agent = await online(kind, { resync_every: '1h' });
    await beat(agent, { quiet_for_seconds: 600 });
    await pass(600 * SECOND - 1);
    expect((await view(agent)).status).toBe('online');
    await pass(1);
    expect((await view(agent)).status).toBe(SILENT[kind]);
  });

  it('is given 15 minutes at most and a lease at least, and its latest beat counts', async () => {
    const { online, beat, now } = await openJudge();
    const agent = await online('external');
    const leaseAfter = async (seconds: number) => {
      const { body } = await beat(agent, { quiet_for_seconds: seconds });
      return Date.parse(body.lease_expires_at) - now();
    };
    expect(await leaseAfter(900)).toBe(900 * SECOND);
    expect(await leaseAfter(5)).toBe(LEASE);
    expect((await beat(agent, { quiet_for_seconds: 901 })).status).toBe(400);
  });
});

describe('a supervisor that was away', () => {
  const AWAY = KINDS.flatMap((kind) => [
    { kind, title: 'an hour', away: HOUR },
    { kind, title: 'almost a lease', away: LEASE - SECOND },
  ]);

  it.each(AWAY)(
    'for $title calls an agent silent only after it could be heard for a whole lease ($kind)',
    async ({ kind, away }) => {
      const { program, online, pass, now } = await openJudge();
      const agent = await online(kind, { resync_every: '1h' });
      await program.restartSupervisor(() => pass(away));

      // The grace is spread by up to one interval, so that not a whole fleet is judged in one moment.
      const back = await program.api.view(agent.id);
      expect(back.status).toBe('online');
      const grace = Date.parse(back.lease_expires_at) - now();
      expect(grace).toBeGreaterThanOrEqual(LEASE);
      expect(grace).toBeLessThanOrEqual(LEASE + INTERVAL);
      await pass(grace - 1);
      expect((await program.api.view(agent.id)).status).toBe('online');
      await pass(1);
      expect((await program.api.view(agent.id)).status).toBe(SILENT[kind]);
      const { body } = await program.api.beat(agent.id, agent.token);
      expect(body.workspace_status).toBe('online');
    },
  );

  it.each(KINDS)('never calls silent who beats within a lease from its return (%s)', async (kind) => {
    const { program, online, pass } = await openJudge();
    const agent = await online(kind, { resync_every: '1h' });
    await program.restartSupervisor(() => pass(HOUR));
    for (let beats = 0; beats < 3; beats += 1) {
      await pass(LEASE - 1);
      await program.api.beat(agent.id, agent.token);
    }
    expect(await program.api.view(agent.id)).toMatchObject({ status: 'online', restarts: 0 });
    const left = (await program.api.history(agent.id)).filter(({ event }) => event === 'lease.expired');
    expect(left).toEqual([]);
  });
});
