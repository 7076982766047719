import { describe, expect, it } from 'vitest';
import { transitionsOf } from './in-process.ts';
import { HOUR, openJudge, SECOND } from './judged-agents.ts';
import { eventually } from './program.ts';

/** What beats say about an agent, and whose beats say nothing. */

const NOBODY = '01hzzzzzzzzzzzzzzzzzzzzzzz';

/** A beat of every class. */
const BEATS = [{}, { error_rate: 0.3 }, { error_rate: 1 }, { runtime_state: 'wedged' }];

describe('a beat that comes from nobody who counts', () => {
  it('is answered 404 for a workspace that is not known', async () => {
    const { api, create } = await openJudge();
    const { token } = await create.external();
    const answer = async (given: string) => {
      const { status, body } = await api.beat(NOBODY, given);
      return [status, body.code];
    };
    expect(await answer('kww_of_nobody')).toEqual([404, 'WORKSPACE_NOT_FOUND']);
    // A token that is good speaks for its own workspace only.
    expect(await answer(token)).toEqual([403, 'FORBIDDEN']);
  });

  it('is answered 410 for a workspace that was removed, for good', async () => {
    const { program, api, online, beat, history } = await openJudge();
    const agent = await online('process');
    await api.request('DELETE', `/workspaces/${agent.id}`);
    const gone = await eventually('its end', async () => {
      const rows = await history(agent);
      return rows.at(-1).to === 'removed' ? rows : null;
    });
    for (const facts of BEATS) {
      const { status, body } = await beat(agent, facts);
      expect([status, body.code]).toEqual([410, 'WORKSPACE_REMOVED']);
    }
    await program.restartSupervisor();
    const { status } = await program.api.beat(agent.id, agent.token);
    expect(status).toBe(410);
    expect(await program.api.history(agent.id)).toEqual(gone);
  });

  it('is refused with 409 from an earlier incarnation, and changes nothing', async () => {
    const { api, online, started, view, beat, pass, record } = await openJudge();
    const old = await online('process');
    await api.post(`/workspaces/${old.id}/restart`);
    const young = await started(old.id, 2);
    expect(young.token).not.toBe(old.token);

    for (const state of ['wanted.provisioning', 'wanted.online.converged']) {
      const before = await eventually(state, async () => {
        const now = await view(young);
        return now.state === state ? now : null;
      });
      const stored = await record(young);
      await pass(SECOND);
      for (const facts of BEATS) {
        const { status, body } = await beat(old, { uptime_seconds: 999, ...facts });
        expect([status, body.code]).toEqual([409, 'STALE_INCARNATION']);
      }
      const card = { id: old.id, agent_card: { name: 'ghost' } };
      const registered = await api.request('POST', '/registry/register', card, { token: old.token });
      expect(registered.status).toBe(409);
      expect(await record(young)).toEqual(stored);
      expect(await view(young)).toEqual(before);
      await beat(young);
    }
  });

  it('does not bring an agent online whose process has ended', async () => {
    const { online, history, view, statusAfter, record } = await openJudge();
    const agent = await online('process');
    const { cause } = (await history(agent)).find(({ event }) => event === 'instance.started');
    process.kill(cause.pid, 'SIGKILL');
    await eventually('its end being noticed', async () => (await view(agent)).status === 'offline');
    const stored = await record(agent);

    for (const facts of BEATS) expect(await statusAfter(agent, facts)).toBe('offline');

    expect(await record(agent)).toEqual(stored);
    const reason = { code: 'instance-exited', message: 'Its process was ended by SIGKILL.' };
    expect(await view(agent)).toMatchObject({ status: 'offline', reason });
  });

  it('is answered while paused, but renews no lease and changes nothing', async () => {
    const { api, online, view, beat, pass, record } = await openJudge();
    const agent = await online('process');
    await api.post(`/workspaces/${agent.id}/pause`);
    await eventually('it being paused', async () => (await view(agent)).state === 'resting.paused');
    const before = await view(agent);
    const stored = await record(agent);

    for (const facts of BEATS) {
      const { status, body } = await beat(agent, facts);
      expect([status, body.workspace_status, body.lease_expires_at]).toEqual([200, 'paused', null]);
    }
    await pass(24 * HOUR);

    expect(await record(agent)).toEqual(stored);
    expect(await view(agent)).toEqual(before);
  });
});

describe('an agent whose work fails', () => {
  it('is degraded from an error rate of 0.5, recovered below 0.1, and not moved in between', async () => {
    const { online, statusAfter, converged, history } = await openJudge();
    const agent = await online('external');
    const expected: [rate: number, status: string][] = [
      [0, 'online'],
      [0.1, 'online'],
      [0.3, 'online'],
      [0.499, 'online'],
      [0.5, 'degraded'],
      [0.9, 'degraded'],
      [0.499, 'degraded'],
      [0.3, 'degraded'],
      [0.1, 'degraded'],
      [0.099, 'online'],
      [0.1, 'online'],
      [0.499, 'online'],
      [1, 'degraded'],
      [0, 'online'],
    ];
    for (const [rate, status] of expected) {
      expect([rate, await statusAfter(agent, { error_rate: rate })]).toEqual([rate, status]);
      if (status === 'online') await converged(agent);
    }
    const moves = transitionsOf(await history(agent)).filter(({ event }) => event === 'heartbeat.received');
    expect(moves.map(({ to }) => to)).toEqual([
      'wanted.online.reconciling',
      'wanted.degraded',
      'wanted.online.reconciling',
      'wanted.degraded',
      'wanted.online.reconciling',
    ]);
  });

  it('is shown with what it says, and is offline all the same when it falls silent', async () => {
    const { online, beat, view, pass, now } = await openJudge();
    const agent = await online('process');
    await beat(agent, { error_rate: 0.9, sample_error: 'no disk' });
    const degraded = await view(agent);
    expect(degraded).toMatchObject({
      status: 'degraded',
      reason: { code: 'error-rate', message: 'It reports that 90 % of its work fails.' },
      last_error_rate: 0.9,
      last_sample_error: 'no disk',
    });
    await pass(Date.parse(degraded.lease_expires_at) - now());
    expect((await view(agent)).status).toBe('offline');
  });

  it('is degraded when it says that it is wedged, until it says so no more', async () => {
    const { online, statusAfter, view, converged } = await openJudge();
    const agent = await online('process');
    expect(await statusAfter(agent, { runtime_state: 'wedged' })).toBe('degraded');
    expect((await view(agent)).reason.code).toBe('wedged');
    expect(await statusAfter(agent, { runtime_state: 'wedged' })).toBe('degraded');
    expect(await statusAfter(agent, { error_rate: 0.3 })).toBe('degraded');
    expect(await statusAfter(agent, { runtime_state: '' })).toBe('online');
    expect(await converged(agent)).toMatchObject({ reason: null, incarnation: 1, restarts: 0 });
  });

  it('is judged by its own word alone when it manages its status itself', async () => {
    const { online, statusAfter } = await openJudge();
    const agent = await online('process');
    const manages = { runtime_metadata: { capabilities: { status_mgmt: true } } };
    expect(await statusAfter(agent, { error_rate: 1, ...manages })).toBe('online');
    expect(await statusAfter(agent, { runtime_state: 'wedged', ...manages })).toBe('degraded');
    expect(await statusAfter(agent, { error_rate: 1, ...manages })).toBe('online');
  });
});
