/** Faults that the simulator came upon, each by itself. */
import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../machines/time.ts';
import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import { openBench } from './bench.ts';

const LEASE = 180 * SECOND;
const HOUR = 60 * MINUTE;
const ELSEWHERE: Partial<WorkspaceSpec> = { runtime: 'external', command: [] };

describe('a change that is asked for a second time while the first is on its way to the disk', () => {
  it('is answered no earlier than the first', async () => {
    const bench = await openBench();
    const id = await bench.online();
    const spec = { ...bench.view(id).spec, role: 'other' };
    const order: string[] = [];
    const first = bench.supervisor.change(id, spec, null).then(() => order.push('first'));
    const second = bench.supervisor.change(id, spec, null).then(() => order.push('second'));
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
  });

  it('is refused as the first is while the disk is full', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.fillDisk(id);
    const spec = { ...bench.view(id).spec, role: 'other' };
    const both = Promise.allSettled([1, 2].map(() => bench.supervisor.change(id, spec, null)));
    await bench.retryWriting();
    const refused = { status: 'rejected', reason: { code: 'STORE_UNWRITABLE' } };
    expect(await both).toMatchObject([refused, refused]);
    await bench.freeDisk();
    expect((await bench.supervisor.change(id, spec, null)).spec.role).toBe('other');
  });
});

describe('an agent that said that it would be quiet for a while', () => {
  it('is given that while again when the clock jumps ahead', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.beat(id, { quietForMs: 10 * MINUTE });
    bench.clock.setWall(HOUR);
    await bench.pass(10 * SECOND);
    await bench.pass(10 * MINUTE - 11 * SECOND);
    expect(bench.view(id).status).toBe('online');
    await bench.pass(12 * SECOND);
    expect(bench.view(id).status).toBe('offline');
  });

  it('has its usual lease again once it registers anew', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    await bench.beat(id, { quietForMs: 4 * MINUTE });
    const identity = { kind: 'workspace', workspaceId: id, incarnation: null } as const;
    await bench.supervisor.register(id, identity, { url: null, agentCard: {} });
    bench.clock.setWall(HOUR);
    await bench.pass(LEASE + 11 * SECOND);
    expect(bench.view(id).status).toBe('awaiting_agent');
  });

  it('has its usual lease again once it beats as usual', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.beat(id, { quietForMs: 10 * MINUTE });
    await bench.beat(id);
    bench.clock.setWall(HOUR);
    await bench.pass(LEASE + 11 * SECOND);
    expect(bench.view(id).status).toBe('offline');
  });
});

describe('a degraded workspace whose clock was set back', () => {
  it('recovers with the beat that says so, not an hour later', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.beat(id, { errorRate: 0.9 });
    expect(bench.view(id).status).toBe('degraded');
    bench.clock.setWall(-HOUR);
    await bench.beat(id);
    expect(bench.view(id).status).toBe('online');
  });
});

describe('a supervisor that is held up while it is still starting', () => {
  it('gives every agent a whole lease from then on', async () => {
    const bench = await openBench();
    await bench.online();
    const elsewhere = await bench.online(ELSEWHERE);
    bench.instances.doors.find.shut();
    const started = bench.restartSupervisor();
    await bench.calm();
    await bench.pass(11 * SECOND);
    bench.clock.stall(30 * SECOND);
    await bench.pass(LEASE - SECOND);
    expect(bench.view(elsewhere).status).toBe('online');
    await bench.pass(2 * SECOND);
    expect(bench.view(elsewhere).status).toBe('awaiting_agent');
    bench.instances.doors.find.open();
    await started;
  });
});

describe('a supervisor whose clock was set back', () => {
  it('notices silence after a lease, not an hour later', async () => {
    const bench = await openBench();
    const id = await bench.online();
    bench.clock.setWall(-HOUR);
    await bench.pass(LEASE);
    expect(bench.view(id).status).toBe('online');
    await bench.pass(11 * SECOND);
    expect(bench.view(id).status).toBe('offline');
  });

  it('notices soon afterwards when it is held up, and gives every agent a whole lease from then on', async () => {
    const bench = await openBench();
    const id = await bench.online();
    bench.clock.setWall(-HOUR);
    await bench.pass(MINUTE);
    await bench.beat(id);
    await bench.pass(MINUTE);
    bench.clock.stall(MINUTE);
    await bench.pass(LEASE - SECOND);
    expect(bench.view(id).status).toBe('online');
    await bench.pass(3 * SECOND);
    expect(bench.view(id).status).toBe('offline');
  });

  it('holds the silence of most of the fleet, as ever', async () => {
    const bench = await openBench();
    const ids = [await bench.online(ELSEWHERE), await bench.online(ELSEWHERE), await bench.online(ELSEWHERE)];
    bench.clock.setWall(-HOUR);
    await bench.pass(LEASE + 20 * SECOND);
    expect(bench.supervisor.inside().judgement.state).toBe('holding');
    await bench.pass(10 * MINUTE);
    expect(ids.map((id) => bench.view(id).status)).toEqual(Array(3).fill('awaiting_agent'));
  });
});

describe('a supervisor whose clock was set back while it held a silence', () => {
  it('gives every agent a whole lease, and holds anew what is silent even then, not for an hour more', async () => {
    const bench = await openBench();
    const ids = [await bench.online(ELSEWHERE), await bench.online(ELSEWHERE), await bench.online(ELSEWHERE)];
    await bench.pass(LEASE + MINUTE);
    expect(bench.supervisor.inside().judgement.state).toBe('holding');
    bench.clock.setWall(-HOUR);
    await bench.pass(10 * SECOND);
    expect(bench.supervisor.inside().judgement.state).toBe('listening.late');
    await bench.pass(LEASE + 10 * MINUTE + 5 * SECOND);
    expect(ids.map((id) => bench.view(id).status)).toEqual(Array(3).fill('awaiting_agent'));
  });
});

describe('a supervisor that starts after its clock was set back', () => {
  it('knows of no beat to come, and lets the lease run as long as it would have', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    await bench.beat(id, { quietForMs: 15 * MINUTE });
    bench.clock.setWall(-HOUR);
    await bench.restartSupervisor();
    expect(bench.view(id).presence.lastHeartbeatAt).toBe(bench.clock.now());
    await bench.pass(15 * MINUTE - SECOND);
    expect(bench.view(id).status).toBe('online');
    await bench.pass(2 * SECOND);
    expect(bench.view(id).status).toBe('awaiting_agent');
  });
});
