import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, realpathSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRepository } from '../plugins/support/git-repository.ts';
import { startGitServer } from '../plugins/support/git-server.ts';
import { scratch } from '../plugins/support/scratch.ts';
import { livingInstances } from './instances.ts';
import {
  ADMIN_TOKEN,
  type Answer,
  type Api,
  createDataFolder,
  eventually,
  freePort,
  type Program,
  startProgram,
  stopAgents,
  tokenOf,
} from './program.ts';

/** "Within seconds", on a busy machine. */
const SOON_MS = 8_000;
const ENV = { KEEPWELL_PLUGIN_ALLOW_PRIVATE: 'true', KEEPWELL_AGENT_REGISTER: 'never' };
const AGENT = { template: 'seo-agent', env: { KEEPWELL_AGENT_REGISTER: 'never' } };

const folderForTest = (): string => {
  const data = createDataFolder();
  onTestFinished(() => {
    stopAgents(data.path);
    data.remove();
  });
  return data.path;
};

const startForTest = async (options: { data: string; port: number }): Promise<Program> => {
  const program = await startProgram({ ...options, env: ENV });
  onTestFinished(() => program.kill9());
  return program;
};

/** A git server that takes a request and never answers it. */
const startStuckGitServer = async () => {
  const home = await scratch();
  await createRepository(join(home, 'stuck'));
  const server = await startGitServer(home);
  server.answerWith(() => {});
  return { source: `${server.url}/stuck#main`, isAsked: async () => server.requests.length > 0 };
};

/** Goes on with `act` until it throws or answers with anything but a success. */
const goOn = (act: (count: number) => Promise<{ status: number; body: Answer }>) => {
  const answers: { status: number; body: Answer }[] = [];
  const done = (async () => {
    for (let count = 0; ; count += 1) {
      const reply = await act(count).catch(() => null);
      if (reply === null || reply.status >= 300) return;
      answers.push(reply);
    }
  })();
  return { answers, done };
};

/** Opens an answer that goes on, and says how it ended. */
const openStream = async (api: Api, path: string) => {
  const response = await fetch(`${api.url}${path}`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, accept: 'text/event-stream' },
  });
  expect(response.status).toBe(200);
  return response.text().then(
    () => 'ended',
    () => 'broken',
  );
};

/** Sends a part of a request and leaves it there. */
const leaveHalfRequest = async ({ url }: Api): Promise<void> => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write(
    `POST /workspaces HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${ADMIN_TOKEN}\r\n` +
      'content-type: application/json\r\ncontent-length: 500\r\n\r\n{"name":',
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
};

const isOnline = (api: Api, id: string) => async (): Promise<Answer> => {
  const view = await api.view(id);
  return view.state === 'wanted.online.converged' && !view.restart_pending ? view : null;
};

describe('a supervisor that is asked to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s under load ends with 0 within seconds, loses nothing it acknowledged, and leaves agents alone',
    async (signal) => {
      const [data, port] = [folderForTest(), await freePort()];
      const stuck = await startStuckGitServer();
      const first = await startForTest({ data, port });
      const { api } = first;
      const agent = await api.post('/workspaces', { name: 'agent', ...AGENT });
      const before = await eventually('the agent being online', isOnline(api, agent.id));
      const fetching = await api.post('/workspaces', { name: 'fetching', ...AGENT, plugins: [stuck.source] });
      await eventually('a reconcile being in mid-fetch', stuck.isAsked);
      const external = await api.post('/workspaces', { name: 'external', external: true });
      const pids = [agent, fetching].flatMap(({ id }) => livingInstances(id));
      expect(pids).toHaveLength(2);

      const streams = [
        openStream(api, '/events?after=0'),
        openStream(api, `/workspaces/${agent.id}/logs?follow=true`),
      ];
      const beats = goOn(() => api.beat(external.id, external.auth_token));
      const creations = goOn((count) =>
        api.request('POST', '/workspaces', { name: `late-${count}`, external: true }),
      );
      await eventually('load', async () => beats.answers.length > 20 && creations.answers.length > 20);
      const asked = performance.now();
      first.child.kill(signal);
      expect(await first.exited).toBe(0);
      expect(performance.now() - asked).toBeLessThan(SOON_MS);
      await Promise.all([beats.done, creations.done]);
      expect(await Promise.all(streams)).toEqual(['ended', 'ended']);
      expect(existsSync(join(data, 'server.json'))).toBe(false);
      expect([agent, fetching].flatMap(({ id }) => livingInstances(id))).toEqual(pids);

      const second = await startForTest({ data, port });
      for (const { body } of creations.answers) {
        expect((await second.api.view(body.id)).name).toBe(body.name);
      }
      const after = await eventually('the agent being online again', isOnline(second.api, agent.id));
      expect(after).toMatchObject({ incarnation: before.incarnation, restarts: before.restarts });
      for (const { id } of [agent, fetching]) {
        const events = (await second.api.history(id)).map(({ event }) => event);
        expect(events).toContain('instance.adopted');
      }
      expect([agent, fetching].flatMap(({ id }) => livingInstances(id))).toEqual(pids);
    },
  );

  it('does not wait for a client that never finishes its request', async () => {
    const program = await startForTest({ data: folderForTest(), port: 0 });
    await leaveHalfRequest(program.api);
    const asked = performance.now();
    expect(await program.stop()).toBe(0);
    expect(performance.now() - asked).toBeLessThan(SOON_MS);
  });

  it('twice ends at once, and its agents go on', async () => {
    const [data, port] = [folderForTest(), await freePort()];
    const program = await startForTest({ data, port });
    const { id } = await program.api.post('/workspaces', { name: 'agent', ...AGENT });
    await eventually('the agent being online', isOnline(program.api, id));
    const agents = livingInstances(id);
    await leaveHalfRequest(program.api);
    const asked = performance.now();
    program.child.kill('SIGTERM');
    await eventually('the first signal being heard', async () => program.output().includes('agents go on'));
    program.child.kill('SIGINT');
    expect(await program.exited).toBe(0);
    // Without the second signal the half request would have kept it for 3 s.
    expect(performance.now() - asked).toBeLessThan(2_500);
    expect(livingInstances(id)).toEqual(agents);
    const again = await startForTest({ data, port });
    await eventually('the agent being adopted', isOnline(again.api, id));
    expect(livingInstances(id)).toEqual(agents);
    expect((await again.api.beat(id, tokenOf(data, id))).status).toBe(200);
  });
});

/** A process that looks as if an installation had started it for a workspace. */
const spawnMarked = (installation: string, workspaceId: string): ChildProcess => {
  const child = spawn('/bin/sleep', ['600'], {
    detached: true,
    stdio: 'ignore',
    env: { KEEPWELL_INSTANCE: `${installation}/${workspaceId}/1` },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
};

describe('a supervisor that starts', () => {
  it('reaps what bears its mark and belongs to no workspace, and touches nothing else', async () => {
    const data = folderForTest();
    const installation = createHash('sha256').update(realpathSync(data)).digest('hex').slice(0, 16);
    const orphan = spawnMarked(installation, 'long-forgotten');
    const anothers = spawnMarked('0123456789abcdef', 'long-forgotten');
    const ended = once(orphan, 'exit');
    const program = await startForTest({ data, port: 0 });
    expect(await ended).toEqual([null, 'SIGTERM']);
    await eventually('it being told', async () =>
      /"workspaces":\["long-forgotten"\].*reaped/.test(program.output()),
    );
    expect([anothers.exitCode, anothers.signalCode]).toEqual([null, null]);
  });

  it('reaps what a removed workspace left behind while it was away', async () => {
    const [data, port] = [folderForTest(), await freePort()];
    const installation = createHash('sha256').update(realpathSync(data)).digest('hex').slice(0, 16);
    const first = await startForTest({ data, port });
    const { id } = await first.api.post('/workspaces', { name: 'w', command: ['/bin/sleep', '600'] });
    await first.api.request('DELETE', `/workspaces/${id}`);
    await eventually('the workspace being removed', async () => {
      return (await first.api.request('GET', `/workspaces/${id}`)).status === 410;
    });
    await first.stop();
    const orphan = spawnMarked(installation, id);
    const ended = once(orphan, 'exit');
    await startForTest({ data, port });
    expect(await ended).toEqual([null, 'SIGTERM']);
  });
});
