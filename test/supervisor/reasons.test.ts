import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../machines/time.ts';
import { openBench } from './bench.ts';

/** What the view says is true now. */

describe('the reason of a rest', () => {
  it.each([
    ['pause', 'resume', 'An operator paused it.'],
    ['hibernate', 'wake', 'An operator hibernated it.'],
  ] as const)('is shown after `%s` and does not outlive `%s`', async (rest, end, sentence) => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.act(id, rest);
    expect(bench.view(id).reason).toMatchObject({ code: 'by-operator', message: sentence });
    expect(bench.supervisor.why(id).text).toContain(sentence);
    await bench.act(id, end);
    expect(bench.view(id)).toMatchObject({ state: 'wanted.provisioning', reason: null });
    expect(bench.supervisor.why(id).text).not.toContain(sentence);
  });

  it('does not outlive the resume of an agent that runs elsewhere', async () => {
    const bench = await openBench();
    const id = await bench.online({ runtime: 'external', command: [] });
    await bench.act(id, 'pause');
    await bench.act(id, 'resume');
    expect(bench.view(id)).toMatchObject({ state: 'wanted.awaitingAgent', reason: null });
  });
});

describe('where an agent can be reached', () => {
  const ELSEWHERE = { runtime: 'external' as const, command: [], url: 'http://first' };
  const reached = (url: string | null) => ({ url, agentCard: null });

  it('is what the spec says, as soon as it is changed', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    expect(bench.view(id).url).toBe('http://first');
    await bench.change(id, { url: 'http://second' });
    expect(bench.view(id)).toMatchObject({ url: 'http://second', spec: { url: 'http://second' } });
    await bench.restartSupervisor();
    expect(bench.view(id).url).toBe('http://second');
  });

  it('is what the agent says, if it says so, also after a restart', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    await bench.supervisor.register(id, { kind: 'admin' }, reached('http://agent'));
    await bench.change(id, { url: 'http://second' });
    await bench.restartSupervisor();
    expect(bench.view(id)).toMatchObject({ url: 'http://agent', spec: { url: 'http://second' } });
    await bench.supervisor.register(id, { kind: 'admin' }, reached(null));
    expect(bench.view(id).url).toBe('http://agent');
  });
});

describe('what why says comes next', () => {
  it('comes: the deadline leads where it says, at the moment it says', async () => {
    const bench = await openBench({ policy: { provisionWithinMs: MINUTE } });
    const id = await bench.create();
    const next = bench.supervisor.why(id).next.find(({ event }) => event === 'provisionBy');
    expect(next).toEqual({
      when: bench.clock.now() + MINUTE,
      event: 'provisionBy',
      text: 'Without a beat it fails',
      to: 'wanted.failed',
    });
    await bench.pass(MINUTE);
    expect(bench.view(id).state).toBe(next?.to);
  });

  it('is a restart when one is owed at that moment', async () => {
    const bench = await openBench({ policy: { provisionWithinMs: MINUTE } });
    const id = await bench.create();
    await bench.act(id, 'restart');
    expect(bench.supervisor.why(id).next).toContainEqual(
      expect.objectContaining({ event: 'provisionBy', to: 'wanted.restarting' }),
    );
  });

  it('names no beat where beats move nothing, and no lease where none is judged', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.act(id, 'pause');
    expect(bench.supervisor.why(id).next).toEqual([]);
    expect(bench.supervisor.why(id).operator.map(({ verb }) => verb)).toEqual(['resume', 'remove']);
  });

  it('after an end of the process is the restart, not a beat of what is gone', async () => {
    const bench = await openBench();
    const id = await bench.online();
    bench.instances.exit(id);
    await bench.calm();
    expect(bench.supervisor.why(id).next.map(({ event }) => event)).toEqual(['restartAt']);
  });
});
