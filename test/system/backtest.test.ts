import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Answer, createDataFolder, eventually, keepwell, startProgram, stopAgents } from './program.ts';

const LEASE_MS = 1_500;

/** Beats for an agent that runs elsewhere, until it is stopped. */
const beatOn = (beat: () => Promise<unknown>) => {
  const stop = new AbortController();
  const going = (async () => {
    while (!stop.signal.aborted) {
      await beat();
      await sleep(100);
    }
  })();
  return async () => {
    stop.abort();
    await going;
  };
};

describe('keepwell backtest', () => {
  it('tells an agent that paused and came back from one that fell silent and one that was killed, and suggests a lease that would have waited', async () => {
    const data = createDataFolder();
    const program = await startProgram({
      data: data.path,
      env: { KEEPWELL_BEAT_INTERVAL: '100ms', KEEPWELL_OFFLINE_AFTER: `${LEASE_MS}ms` },
    });
    onTestFinished(async () => {
      await program.stop();
      stopAgents(data.path);
      data.remove();
    });
    const { api } = program;
    const early = await keepwell(data.path, ['backtest']);
    expect(early.code).toBe(1);
    expect(early.stderr).toContain('Too little was heard');

    const ours = await api.post('/workspaces', { name: 'killed', template: 'seo-agent' });
    const create = async (name: string) => {
      const { id, auth_token } = await api.post('/workspaces', { name, external: true });
      let uptime = 0;
      return { id, beat: () => api.beat(id, auth_token, { uptime_seconds: (uptime += 1) }) };
    };
    const [pausing, dying] = await Promise.all([create('pausing'), create('dying')]);
    const silent = ({ id }: { id: string }) =>
      eventually('it being awaited', async () => (await api.view(id)).status === 'awaiting_agent');
    const stops = [pausing, dying].map(({ beat }) => beatOn(beat));
    await eventually('all being online', async () =>
      (await api.get('/workspaces')).items.every(({ status }: Answer) => status === 'online'),
    );
    const instance = join(data.path, 'workspaces', ours.id, 'instance.json');
    process.kill(-(JSON.parse(readFileSync(instance, 'utf8')) as { pid: number }).pid, 'SIGKILL');
    await Promise.all(stops.map((stop) => stop()));
    await Promise.all([silent(pausing), silent(dying)]);
    await sleep(300);
    const goOn = beatOn(pausing.beat);
    await eventually('it being back', async () => (await api.view(pausing.id)).status === 'online');
    await sleep(300);
    await goOn();

    const { code, stdout } = await keepwell(data.path, ['backtest', '--offline-after', '5s', '--json']);
    expect(code).toBe(0);
    const told = JSON.parse(stdout);
    const counts = ({ offlines, false_offlines, real_offlines }: Answer) => [
      offlines,
      false_offlines,
      real_offlines,
    ];
    const of = (name: string) => told.items.find((item: Answer) => item.name === name);
    expect(counts(of('pausing').now)).toEqual([1, 1, 0]);
    expect(counts(of('pausing').proposed)).toEqual([0, 0, 0]);
    expect(counts(of('dying').now)).toEqual([1, 0, 1]);
    expect(counts(of('dying').proposed)).toEqual([1, 0, 1]);
    expect(counts(of('killed').now)).toEqual([1, 0, 1]);
    expect(of('killed').now).toMatchObject({ silent_offlines: 0, noticed_after: { worst_seconds: 0 } });
    expect(counts(told.now)).toEqual([3, 1, 2]);
    expect(told.proposed.noticed_after.worst_seconds).toBe(5);
    expect(told.suggested.false_offlines).toBe(0);
    expect(told.seen.longest_gap_ms).toBeGreaterThanOrEqual(LEASE_MS);

    const table = await keepwell(data.path, ['backtest', 'pausing', 'dying', '--offline-after', '5s']);
    expect(table.stdout).toMatch(/^now +1500ms +2 +1 +1 /m);
    expect(table.stdout).toContain('Set offline_after to ');
    expect(table.stdout).toContain('2 workspaces');
  });

  it('keeps what it knows when the supervisor is killed, and does not blame the agent for its absence', async () => {
    const data = createDataFolder();
    const start = () => startProgram({ data: data.path, env: { KEEPWELL_BEAT_INTERVAL: '100ms' } });
    const first = await start();
    const { id, auth_token } = await first.api.post('/workspaces', { name: 'agent', external: true });
    const stop = beatOn(() => first.api.beat(id, auth_token));
    await sleep(400);
    await stop();
    const before = (await first.api.get('/backtest')).seen.beats;
    await first.kill9();
    const killedAt = Date.now();
    await sleep(500);
    const second = await start();
    const absentMs = Date.now() - killedAt;
    onTestFinished(async () => {
      await second.stop();
      data.remove();
    });
    await second.api.beat(id, auth_token);
    await second.api.beat(id, auth_token);
    const { seen } = await second.api.get('/backtest');
    expect(seen.beats).toBe(before + 2);
    expect(seen.longest_gap_ms).toBeLessThan(absentMs);
  });
});
