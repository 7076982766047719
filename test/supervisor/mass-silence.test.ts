import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../machines/time.ts';
import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import { type Bench, openBench } from './bench.ts';

const LEASE = 180 * SECOND;
const HOLD = 10 * MINUTE;
const ELSEWHERE: Partial<WorkspaceSpec> = { runtime: 'external', command: [] };

const openFleet = async (size: number, options: Parameters<typeof openBench>[0] = {}) => {
  const bench = await openBench(options);
  const ids: string[] = [];
  for (let index = 0; index < size; index += 1) ids.push(await bench.online(ELSEWHERE));
  return { bench, ids };
};

/** So many of the fleet are heard all the time, the others are not. */
const beatFor = async (bench: Bench, ids: readonly string[], ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 30 * SECOND) {
    for (const id of ids) await bench.beat(id);
    await bench.pass(Math.min(30 * SECOND, ms - passed));
  }
};
const offline = (bench: Bench, ids: readonly string[]): number =>
  ids.filter((id) => bench.view(id).status === 'awaiting_agent').length;
const notices = ({ logged }: Bench): string[] =>
  logged
    .filter(({ message }) => message.startsWith('nobody is called offline'))
    .map(({ details }) => String((details as { reason: unknown }).reason));
const judgement = (bench: Bench) => bench.supervisor.inside().judgement;

describe('the silence of most of a fleet at once', () => {
  it('is held: nobody is called offline, and one notice says why', async () => {
    const { bench, ids } = await openFleet(9);
    await beatFor(bench, ids.slice(0, 4), LEASE + 2 * MINUTE);
    expect(offline(bench, ids)).toBe(0);
    expect(notices(bench)).toEqual([expect.stringMatching(/^5 of 9 agents fell silent at once/)]);
    expect(judgement(bench)).toMatchObject({ state: 'holding', held: true, reason: notices(bench)[0] });
    expect(bench.supervisor.health()).toMatchObject({ ready: true, notices: notices(bench) });
  });

  it('is over when enough are heard again; the others get a whole lease from then', async () => {
    const { bench, ids } = await openFleet(9);
    await beatFor(bench, ids.slice(0, 4), LEASE + 2 * MINUTE);
    await beatFor(bench, ids.slice(0, 6), MINUTE);
    expect(judgement(bench)).toMatchObject({ state: 'listening.steady', held: false });
    expect(bench.supervisor.health().notices).toEqual([]);
    await beatFor(bench, ids.slice(0, 6), LEASE - 2 * MINUTE);
    expect(offline(bench, ids)).toBe(0);
    await beatFor(bench, ids.slice(0, 6), 2 * MINUTE);
    expect(offline(bench, ids)).toBe(3);
    expect(notices(bench)).toHaveLength(1);
  });

  it('gives the others a whole lease even if it is over shortly before it would have been believed', async () => {
    const { bench, ids } = await openFleet(9);
    await beatFor(bench, ids.slice(0, 4), LEASE + HOLD - MINUTE);
    await beatFor(bench, ids.slice(0, 6), LEASE - 30 * SECOND);
    expect(offline(bench, ids)).toBe(0);
    await beatFor(bench, ids.slice(0, 6), MINUTE);
    expect(offline(bench, ids)).toBe(3);
  });

  it('gives whoever had said that it would be quiet that while once more when it is over', async () => {
    const { bench, ids } = await openFleet(9);
    await bench.pass(LEASE - 5 * SECOND);
    await bench.beat(ids[8] as string, { quietForMs: 10 * MINUTE });
    await beatFor(bench, ids.slice(0, 3), MINUTE);
    expect(judgement(bench).state).toBe('holding');
    await beatFor(bench, ids.slice(0, 7), 9 * MINUTE);
    expect(judgement(bench).state).toBe('listening.steady');
    expect(offline(bench, ids)).toBe(1);
  });

  it('leaves nobody a longer lease, also not who was restarted while it lasted', async () => {
    const { bench, ids } = await openFleet(2);
    const ours = await bench.online();
    await bench.pass(LEASE + MINUTE);
    expect(judgement(bench).state).toBe('holding');
    await bench.supervisor.act(ours, 'restart');
    await bench.pass(10 * SECOND);
    expect(judgement(bench).state).toBe('listening.steady');
    const identity = { kind: 'workspace', workspaceId: ours, incarnation: 2 } as const;
    await bench.supervisor.register(ours, identity, { url: null, agentCard: {} });
    expect(bench.view(ours).status).toBe('online');
    await beatFor(bench, ids, LEASE + MINUTE);
    expect(bench.view(ours).status).not.toBe('online');
  });

  it('is believed in the end, and judged; whoever comes back is heard', async () => {
    const { bench, ids } = await openFleet(5);
    await bench.pass(LEASE + 1);
    expect(offline(bench, ids)).toBe(0);
    await bench.pass(HOLD - SECOND);
    expect(offline(bench, ids)).toBe(0);
    await bench.pass(3 * SECOND);
    expect(offline(bench, ids)).toBe(5);
    await bench.pass(10 * SECOND);
    expect(judgement(bench)).toMatchObject({ state: 'listening.steady', held: false });
    for (const id of ids) await bench.settle(id);
    expect(offline(bench, ids)).toBe(0);
    expect(notices(bench)).toHaveLength(1);
  });

  it('is held anew when it happens another time', async () => {
    const { bench, ids } = await openFleet(5);
    await bench.pass(LEASE + MINUTE);
    await beatFor(bench, ids, MINUTE);
    expect(judgement(bench).held).toBe(false);
    await bench.pass(LEASE + MINUTE);
    expect([offline(bench, ids), notices(bench).length]).toEqual([0, 2]);
  });
});

describe('the silence of most of a fleet, where it is not held', () => {
  it('is judged at once', async () => {
    const { bench, ids } = await openFleet(5, { silenceHoldMs: 0 });
    await bench.pass(LEASE);
    expect([offline(bench, ids), notices(bench)]).toEqual([5, []]);
  });
});

describe('a supervisor that is held up while it holds a silence', () => {
  it('gives everybody a whole lease from there, and holds anew what is silent even then', async () => {
    const { bench, ids } = await openFleet(2);
    ids.push(await bench.online(ELSEWHERE), await bench.online(ELSEWHERE));
    await bench.pass(LEASE + MINUTE);
    expect(judgement(bench).state).toBe('holding');
    bench.clock.stall(MINUTE);
    await bench.pass(0);
    expect(judgement(bench)).toMatchObject({ state: 'listening.late', held: true });
    await bench.pass(LEASE - 1);
    expect(judgement(bench).state).toBe('listening.late');
    await bench.pass(SECOND);
    expect([judgement(bench).state, offline(bench, ids)]).toEqual(['holding', 0]);
  });
});

describe('the silence of few', () => {
  it.each([
    ['of two, however small the fleet', 2, 0],
    ['of less than 55 % of the fleet', 9, 5],
  ])('%s, is judged as ever', async (_, size, heard) => {
    const { bench, ids } = await openFleet(size);
    await beatFor(bench, ids.slice(0, heard), LEASE + 30 * SECOND);
    expect(offline(bench, ids)).toBe(size - heard);
    expect(notices(bench)).toEqual([]);
  });

  it('is judged although many fell silent one after the other', async () => {
    const { bench, ids } = await openFleet(6);
    for (let heard = 5; heard >= 1; heard -= 1)
      await beatFor(bench, ids.slice(0, heard), LEASE + 30 * SECOND);
    expect(offline(bench, ids)).toBe(5);
    expect(notices(bench)).toEqual([]);
  });
});

describe('an agent that asked for a long quiet time', () => {
  it('is not counted among the silent while it lasts', async () => {
    const { bench, ids } = await openFleet(5);
    for (const id of ids.slice(0, 3)) await bench.beat(id, { quietForMs: 15 * MINUTE });
    await bench.pass(LEASE + 10 * SECOND);
    expect(offline(bench, ids)).toBe(2);
    expect(notices(bench)).toEqual([]);
  });
});
