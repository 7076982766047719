import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type InProcess, isConverged, openInProcess, transitionsOf, writtenHistory } from './in-process.ts';
import { type Answer, eventually } from './program.ts';

/** An agent that goes down is brought back ever more slowly, five times in half an hour, and then given up. */

const BACKOFF_S = [10, 20, 40, 80, 160];

let keepwell: InProcess;
let id: string;
afterEach(() => keepwell.close());

/** Its agent exits at once, unless the file `sound` is there. */
const open = async ({ policy = {}, sound = false } = {}): Promise<void> => {
  keepwell = await openInProcess();
  const script = join(keepwell.data, 'agent.sh');
  writeFileSync(script, '#!/bin/sh\n[ -e ../../../sound ] || exit 3\nexec sleep 600\n');
  chmodSync(script, 0o755);
  if (sound) mend();
  ({ id } = await keepwell.api.post('/workspaces', { name: 'demo', command: [script], policy }));
};

const mend = (): void => writeFileSync(join(keepwell.data, 'sound'), '');
const breakAgain = (): void => rmSync(join(keepwell.data, 'sound'));

const view = (): Promise<Answer> => keepwell.api.view(id);

/** Waits until that incarnation is down, and gives the seconds until it is brought back; null when it is not. */
const down = async (incarnation: number): Promise<number | null> => {
  const after = await eventually(`incarnation ${incarnation} being down`, async () => {
    const now = await view();
    return now.incarnation === incarnation && ['offline', 'failed'].includes(now.status) ? now : null;
  });
  if (after.status === 'failed') return null;
  expect(after.reason).toMatchObject({
    code: 'instance-exited',
    message: 'Its process exited with code 3.',
  });
  expect(after.deadline.name).toBe('restartAt');
  return (Date.parse(after.deadline.at) - keepwell.clock.now()) / 1000;
};

/** Lets the wait pass after which that incarnation is succeeded, and says how long it was; null when it is given up. */
const bringBack = async (incarnation: number): Promise<number | null> => {
  const seconds = await down(incarnation);
  if (seconds === null) return null;
  await keepwell.clock.advance(seconds * 1000 - 1);
  expect((await view()).status, 'not a moment too early').toBe('offline');
  await keepwell.clock.advance(1);
  return seconds;
};

/** Goes on until it is given up, and says how long it waited between tries. */
const waitsUntilGivenUp = async (first: number): Promise<number[]> => {
  const waits: number[] = [];
  for (let incarnation = first; ; incarnation += 1) {
    const seconds = await bringBack(incarnation);
    if (seconds === null) return waits;
    waits.push(seconds);
  }
};

describe('an agent that exits at once', () => {
  it('is tried again ever more slowly, then failed with a reason, until a retry gives it a fresh budget', async () => {
    await open();

    expect(await waitsUntilGivenUp(1)).toEqual(BACKOFF_S);

    const reason = {
      code: 'crash-loop',
      message: 'It went down 6 times within 1800 s; its budget is 5 restarts.',
      hint: expect.stringContaining('keepwell retry'),
    };
    expect(await view()).toMatchObject({ status: 'failed', incarnation: 6, reason, deadline: null });
    const why = await keepwell.api.get(`/workspaces/${id}/why`);
    // Its process has ended, so not even a beat would move it.
    expect(why).toMatchObject({ status: 'failed', reason, next: [] });
    expect(why.text).toContain('It went down 6 times');
    expect(why.operator.map(({ verb }: Answer) => verb)).toContain('retry');
    const rows = transitionsOf(await writtenHistory(keepwell.api, id));
    expect(rows.at(-1)).toMatchObject({ event: 'instance.exited', to: 'wanted.failed', reason });

    // It is given up: no time brings it back.
    await keepwell.clock.advance(24 * 3_600_000);
    expect(transitionsOf(await keepwell.api.history(id))).toEqual(rows);

    await keepwell.api.post(`/workspaces/${id}/retry`);
    expect(await waitsUntilGivenUp(7)).toEqual(BACKOFF_S);
    expect(await view()).toMatchObject({ status: 'failed', incarnation: 12, reason });

    mend();
    await keepwell.api.post(`/workspaces/${id}/retry`);
    await eventually('it being well', async () => {
      await keepwell.beat(id);
      return isConverged(await view());
    });
    expect(await view()).toMatchObject({ status: 'online', incarnation: 13, reason: null });
  });

  it('goes on being tried while no more crashes than its budget lie within the window', async () => {
    await open({ policy: { restart_window: '1m' } });

    const waits: (number | null)[] = [];
    for (let incarnation = 1; incarnation <= 9; incarnation += 1) waits.push(await bringBack(incarnation));

    expect(waits).toEqual([10, 20, 40, 20, 20, 40, 20, 20, 40]);
  });

  it('is brought back at once by a manual restart, which is not counted and gives a fresh budget', async () => {
    await open();
    for (let incarnation = 1; incarnation <= 4; incarnation += 1) await bringBack(incarnation);
    expect(await down(5)).toBe(160);

    await keepwell.api.post(`/workspaces/${id}/restart`);

    expect(await waitsUntilGivenUp(6)).toEqual(BACKOFF_S);
    expect((await view()).reason.code).toBe('crash-loop');
  });
});

describe('an agent that is restarted by hand', () => {
  it('is never given up for that, however often, and keeps its whole budget', async () => {
    await open({ sound: true });
    const online = (incarnation: number) =>
      eventually(`incarnation ${incarnation} being online`, async () => {
        const now = await view();
        if (now.incarnation === incarnation && now.status === 'provisioning') await keepwell.beat(id);
        return now.incarnation === incarnation && isConverged(now);
      });
    await online(1);

    for (let incarnation = 2; incarnation <= 13; incarnation += 1) {
      await keepwell.api.post(`/workspaces/${id}/restart`);
      await online(incarnation);
    }

    expect(await view()).toMatchObject({ status: 'online', restarts: 12, reason: null });
    // None of the twelve was taken for a crash: all five tries are left.
    breakAgain();
    process.kill(await pidOf(13), 'SIGKILL');
    await eventually('it being down', async () => (await view()).status === 'offline');
    await keepwell.clock.advance(10_000);
    expect(await waitsUntilGivenUp(14)).toEqual(BACKOFF_S.slice(1));
  });
});

/** The view runs ahead of the journal by a commit. */
const pidOf = async (incarnation: number): Promise<number> => {
  const started = await eventually(`the start of incarnation ${incarnation} being written`, async () =>
    (await keepwell.api.history(id)).find(
      ({ event, cause }) => event === 'instance.started' && cause.incarnation === incarnation,
    ),
  );
  return started.cause.pid;
};
