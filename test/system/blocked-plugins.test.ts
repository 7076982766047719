import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRepository } from '../plugins/support/git-repository.ts';
import { startGitServer } from '../plugins/support/git-server.ts';
import { scratch } from '../plugins/support/scratch.ts';
import { IDLE, openForTest } from './played-agents.ts';
import { type Answer, offerPlugin } from './program.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Two plugins that are there and, between them, one on a git server that is ill. */
const openWithOneMissing = async () => {
  const home = await scratch();
  const repo = await createRepository(join(home, 'repos', 'ill'));
  await repo.commit({ 'tool.py': 'ill\n' });
  const server = await startGitServer(join(home, 'repos'));
  server.answerWith((_, response) => response.writeHead(500).end());
  const test = await openForTest({ env: { KEEPWELL_PLUGIN_ALLOW_PRIVATE: 'true' } });
  for (const name of ['first', 'last']) await offerPlugin(test.program.data, name, { 'tool.py': name });
  const source = `${server.url}/ill#main`;
  const { id } = await test.create({ name: 'w', command: IDLE, plugins: ['first', source, 'last'] });
  return { ...test, id, source, server, mend: () => server.answerWith(null) };
};

type Bench = Awaited<ReturnType<typeof openWithOneMissing>>;

const installedNames = ({ program, id }: Bench): string[] =>
  readdirSync(join(program.data, 'workspaces', id, 'configs', 'plugins')).toSorted();

const blockedOf = async ({ program, id }: Bench): Promise<Answer> => {
  const { plugins } = await program.api.view(id);
  return plugins.blocked[0];
};

/** Lets the armed retry happen and waits for what comes of it. */
const nextTry = async (bench: Bench): Promise<Answer> => {
  const { retry_at } = await blockedOf(bench);
  await bench.pass(Date.parse(retry_at) - bench.program.clock.now());
  return bench.settle(bench.id);
};

const rowsOf = async ({ program, id }: Bench, event: string): Promise<Answer[]> =>
  (await program.api.history(id)).filter((row) => row.event === event);

describe('a plugin that cannot be fetched, among three', () => {
  it('keeps nothing else back: the other two are installed with one restart', async () => {
    const bench = await openWithOneMissing();
    const view = await bench.settle(bench.id);
    expect(installedNames(bench)).toEqual(['first', 'last']);
    expect(view).toMatchObject({ state: 'wanted.online.blocked', restarts: 1, incarnation: 2 });
    expect(view.plugins).toMatchObject({ declared: 3, installed: 2, failed: 1 });
    expect(await rowsOf(bench, 'instance.started')).toHaveLength(2);
  });

  it('says why, how often it was tried and when it is tried next: in the view, in why and in the journal', async () => {
    const bench = await openWithOneMissing();
    const view = await bench.settle(bench.id);
    const [blocked] = view.plugins.blocked;
    const retryAt = Date.parse(blocked.retry_at);
    expect(blocked).toMatchObject({ name: 'ill', source: bench.source, code: 'PLUGIN_FETCH_FAILED' });
    expect(blocked.message).toMatch(/\w/);
    expect(retryAt).toBeGreaterThan(bench.program.clock.now());
    expect(view.deadline).toEqual({ name: 'retryAt', at: blocked.retry_at });
    expect(view.reason).toMatchObject({ code: 'plugins-blocked' });
    expect((await bench.program.api.get(`/workspaces/${bench.id}/plugins`)).blocked).toEqual([blocked]);

    const why = await bench.program.api.get(`/workspaces/${bench.id}/why`);
    expect(why.text).toContain(blocked.message);
    expect(why.text).toContain(`(try ${blocked.attempt})`);
    expect(why.text).toContain(`tried again at ${blocked.retry_at.slice(11, 19)}`);
    expect(why.next[0]).toMatchObject({ event: 'retryAt', when: blocked.retry_at });
    expect(why.next[0].to).toMatch(/^wanted\.online/);
    expect(why.operator.map(({ verb }: Answer) => verb)).toContain('retry');

    const { name, code, message, attempt } = blocked;
    expect((await rowsOf(bench, 'plugin.failed')).at(-1).cause).toMatchObject({ name, code, message });
    expect((await rowsOf(bench, 'plugins.blocked')).at(-1).cause).toEqual({
      plugins: [{ name, source: bench.source, code, message, attempt, retryAt }],
    });
  });

  it('never hides that the workspace is online', async () => {
    const bench = await openWithOneMissing();
    for (let tries = 0; tries < 4; tries += 1) {
      const view = tries === 0 ? await bench.settle(bench.id) : await nextTry(bench);
      expect([view.status, view.state]).toEqual(['online', 'wanted.online.blocked']);
      expect((await bench.beat(bench.id)).body.workspace_status).toBe('online');
      const { items } = await bench.program.api.get('/workspaces?status=online');
      expect(items.map((item: Answer) => item.id)).toEqual([bench.id]);
    }
    // Only the way there was not online: no retry leaves the state.
    const rows: Answer[] = await bench.program.api.history(bench.id);
    const settled = rows.findIndex(({ to }) => to === 'wanted.online.blocked');
    expect(rows.slice(settled).every(({ to }) => to.startsWith('wanted.online.'))).toBe(true);
  });

  it('is tried with growing pauses, and after eight tries every 30 min, without a restart', async () => {
    const bench = await openWithOneMissing();
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= 10; attempt += 1) {
      const view = attempt === 1 ? await bench.settle(bench.id) : await nextTry(bench);
      const [blocked] = view.plugins.blocked;
      // One try came before the restart that the two others made due.
      expect(blocked.attempt).toBe(attempt + 1);
      expect(view.restarts).toBe(1);
      pauses.push(Date.parse(blocked.retry_at) - bench.program.clock.now());
    }
    for (const [index, pause] of pauses.entries()) {
      const attempt = index + 2;
      if (attempt >= 8) expect(pause).toBe(30 * MINUTE);
      else {
        expect(pause).toBeGreaterThanOrEqual(SECOND / 4);
        expect(pause).toBeLessThanOrEqual(Math.min(5 * MINUTE, SECOND * 2 ** (attempt - 1)));
      }
    }
  });

  it('is installed by itself once its source is mended, with one restart', async () => {
    const bench = await openWithOneMissing();
    await bench.settle(bench.id);
    bench.mend();
    const view = await nextTry(bench);
    expect(installedNames(bench)).toEqual(['first', 'ill', 'last']);
    expect(view).toMatchObject({ state: 'wanted.online.converged', restarts: 2, reason: null });
    expect(view.plugins).toMatchObject({ installed: 3, failed: 0, blocked: [] });
    expect(view.observed_generation).toBe(1);
  });

  it('is tried at once, and from the first try on, when an operator says `retry`', async () => {
    const bench = await openWithOneMissing();
    const { plugins } = await bench.settle(bench.id);
    const asked = bench.server.requests.length;
    await bench.program.api.post(`/workspaces/${bench.id}/retry`);
    const again = await bench.settle(bench.id);
    expect(bench.server.requests.length).toBeGreaterThan(asked);
    expect([plugins.blocked[0].attempt, again.plugins.blocked[0].attempt]).toEqual([2, 1]);

    bench.mend();
    await bench.program.api.post(`/workspaces/${bench.id}/retry`);
    expect(await bench.settle(bench.id)).toMatchObject({ state: 'wanted.online.converged', restarts: 2 });
    expect(installedNames(bench)).toEqual(['first', 'ill', 'last']);
  });

  it('is remembered, with its tries, over a restart of the supervisor', async () => {
    const bench = await openWithOneMissing();
    await bench.settle(bench.id);
    const before = await nextTry(bench);
    await bench.program.restartSupervisor();
    const after = await bench.settle(bench.id);
    expect(after.plugins.blocked[0].attempt).toBe(before.plugins.blocked[0].attempt + 1);
    expect(after).toMatchObject({ status: 'online', restarts: 1 });
  });
});
