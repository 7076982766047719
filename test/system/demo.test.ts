import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Answer,
  createDataFolder,
  eventually,
  type Program,
  startProgram,
  stopAgents,
} from './program.ts';

/** The demo that everybody begins with: the sample agent, and each way to break it. */

const POLICY = {
  offline_after: '2s',
  plugin_probation: '3s',
  restart_backoff: '50ms',
  restart_backoff_max: '100ms',
  resync_every: '1s',
  resync_jitter: '0s',
  stop_grace: '1s',
};

let data: ReturnType<typeof createDataFolder>;
let program: Program;
let id: string;
beforeEach(async () => {
  data = createDataFolder();
  program = await startProgram({ data: data.path });
  ({ id } = await program.api.post('/workspaces', {
    name: 'demo',
    template: 'seo-agent',
    policy: POLICY,
  }));
  await reaches('wanted.online.converged');
});
afterEach(async () => {
  await program.kill9();
  stopAgents(data.path);
  data.remove();
});

const reaches = (state: string): Promise<Answer> =>
  eventually(`the state ${state}`, async () => {
    const view = await program.api.view(id);
    return view.state === state ? view : null;
  });
const misbehave = (how: string | null) => program.api.post('/workspaces/demo/misbehave', { how });

describe('the demo', { timeout: 90_000 }, () => {
  it('misbehaves as it is told, and behaves again', async () => {
    for (const [how, state] of [
      ['failing', 'wanted.degraded'],
      ['wedged', 'wanted.degraded'],
    ] as const) {
      await misbehave(how);
      await reaches(state);
      await misbehave(null);
      await reaches('wanted.online.converged');
    }
    const { incarnation } = await program.api.view(id);
    await misbehave('crash');
    await eventually('a crash', async () => (await program.api.view(id)).incarnation > incarnation);
    await misbehave(null);
    await reaches('wanted.online.converged');
  });

  it('crashes with the plugin that is bad on purpose, which is rolled back and held', async () => {
    await eventually('the first set being good', async () => (await program.api.view(id)).plugins.good === 1);
    await program.api.post(`/workspaces/${id}/plugins`, { source: 'local://bad-plugin' });
    const view = await eventually('the plugin being held', async () => {
      const now = await program.api.view(id);
      return now.plugins.held.length > 0 && now.state === 'wanted.online.converged' ? now : null;
    });
    expect(view).toMatchObject({
      status: 'online',
      reason: { code: 'plugins-held' },
      plugins: { declared: 2, installed: 1, held: [{ name: 'bad-plugin', why: 'quarantined' }] },
    });
    const rows = await program.api.history(id);
    expect(rows.filter(({ event }) => event === 'plugins.rolledBack')).toHaveLength(1);
    const { body: logs } = await program.api.request('GET', `/workspaces/${id}/logs?tail=1000`);
    expect(logs).toContain('plugin bad-plugin: hooks/boot.mjs failed: bad on purpose; exiting with 1');
    expect(logs).toContain('skill seo-all/seo-audit');
  });
});
