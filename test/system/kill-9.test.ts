import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARIES } from './dying-supervisor.ts';
import {
  type Answer,
  createDataFolder,
  eventually,
  freePort,
  launchProgram,
  type Program,
  REPO,
  startProgram,
  stopAgents,
} from './program.ts';

const DYING = join(REPO, 'test', 'system', 'dying-supervisor.ts');

let data: ReturnType<typeof createDataFolder>;
let running: Pick<Program, 'kill9'>[] = [];
let port: number;

beforeEach(async () => {
  port = await freePort();
  data = createDataFolder();
  running = [];
});

afterEach(async () => {
  for (const program of running) await program.kill9();
  stopAgents(data.path);
  data.remove();
});

const instanceOf = (id: string): { pid: number; incarnation: number } =>
  JSON.parse(readFileSync(join(data.path, 'workspaces', id, 'instance.json'), 'utf8'));

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

const converged = (view: Answer): boolean =>
  view.state === 'wanted.online.converged' && !view.restart_pending;

/** Everything that must be true of a workspace that declared one plugin, whatever happened on the way. */
const expectAllInPlace = (id: string, view: Answer, history: Answer[]) => {
  expect(view.plugins).toMatchObject({ declared: 1, installed: 1, failed: 0 });
  const configs = join(data.path, 'workspaces', id, 'configs');
  expect(readdirSync(join(configs, 'plugins'))).toEqual(['seo-all']);
  expect(existsSync(join(configs, 'plugins', 'seo-all', 'plugin.yaml'))).toBe(true);
  expect(isAlive(instanceOf(id).pid)).toBe(true);
  expect(instanceOf(id).incarnation).toBe(view.incarnation);
  const sequence = history.map(({ seq }) => seq);
  expect(sequence).toEqual(sequence.toSorted((a, b) => a - b));
  expect(history[0]).toMatchObject({ event: 'workspace.created' });
};

const createAgent = { name: 'demo', template: 'seo-agent', env: { KEEPWELL_AGENT_REGISTER: 'never' } };

describe('a supervisor that is killed with -9', () => {
  it.each(Object.keys(BOUNDARIES))('%s finishes the job when it returns', async (boundary) => {
    const dying = launchProgram({ data: data.path, port, script: DYING, args: [boundary] });
    running.push(dying);
    const created = await eventually('the workspace being accepted', async () => {
      const reply = await dying.api().request('POST', '/workspaces', createAgent);
      return reply.status === 201 ? reply.body : null;
    });
    const code = await dying.exited;
    expect(code, dying.output()).toBeNull();

    const program = await startProgram({ data: data.path, port });
    running.push(program);
    const view = await eventually('everything being in place', async () => {
      const now = await program.api.view(created.id);
      return converged(now) && now.restarts > 0 ? now : null;
    });
    const history = await program.api.history(created.id);
    expectAllInPlace(created.id, view, history);
    // The plugin made one restart due; dying on the way neither lost it nor doubled it.
    expect(view.restarts).toBe(1);
    expect(history.filter(({ event }) => event === 'plugins.switched').length).toBeLessThanOrEqual(1);
  });

  it('between switch and record, and its agent with it, starts the agent once more, with its plugins', async () => {
    const dying = launchProgram({
      data: data.path,
      port,
      script: DYING,
      args: ['between switch and record'],
    });
    running.push(dying);
    const { id } = await eventually('the workspace being accepted', async () => {
      const reply = await dying.api().request('POST', '/workspaces', createAgent);
      return reply.status === 201 ? reply.body : null;
    });
    await dying.exited;
    const { pid } = instanceOf(id);
    stopAgents(data.path);
    await eventually('the agent being gone', async () => !isAlive(pid));

    const program = await startProgram({ data: data.path, port });
    running.push(program);
    const view = await eventually('everything being in place', async () => {
      const now = await program.api.view(id);
      return converged(now) && now.restarts > 0 ? now : null;
    });
    expectAllInPlace(id, view, await program.api.history(id));
    expect(view).toMatchObject({ incarnation: 2, restarts: 1 });
  });

  it('leaves its agents alone, and goes on with the same processes when it returns', async () => {
    const first = await startProgram({ data: data.path, port });
    running.push(first);
    const { id } = await first.api.post('/workspaces', createAgent);
    await eventually('the workspace being converged', async () => {
      const view = await first.api.view(id);
      return converged(view) && view.restarts === 1;
    });
    const { pid } = instanceOf(id);
    await first.kill9();
    expect(isAlive(pid)).toBe(true);

    const second = await startProgram({ data: data.path, port });
    running.push(second);
    const view = await eventually('the workspace being converged again', async () => {
      const now = await second.api.view(id);
      return converged(now) ? now : null;
    });
    expect(instanceOf(id).pid).toBe(pid);
    expect(isAlive(pid)).toBe(true);
    expect(view.restarts).toBe(1);
    expect(view.status).toBe('online');
    const history = await second.api.history(id);
    expect(history.some(({ event }) => event === 'instance.adopted')).toBe(true);
    // It notices the end of a process that is not its child.
    process.kill(pid, 'SIGKILL');
    await eventually('the agent being started anew', async () => {
      const now = await second.api.view(id);
      return converged(now) && now.incarnation > view.incarnation;
    });
    expect(instanceOf(id).pid).not.toBe(pid);
  });

  it('forgets nothing that it acknowledged', async () => {
    const first = await startProgram({ data: data.path, port });
    running.push(first);
    const names = Array.from({ length: 30 }, (_, index) => `ext-${index}`);
    const acknowledged: string[] = [];
    const creating = Promise.all(
      names.map(async (name) => {
        const reply = await first.api
          .request('POST', '/workspaces', { name, external: true })
          .catch(() => null);
        if (reply?.status === 201) acknowledged.push(reply.body.id);
        if (acknowledged.length === 10) await first.kill9();
      }),
    );
    await creating;
    expect(acknowledged.length).toBeGreaterThanOrEqual(10);
    const second = await startProgram({ data: data.path, port });
    running.push(second);
    for (const id of acknowledged) expect((await second.api.view(id)).status).toBe('awaiting_agent');
  });
});
