import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { dataFolders } from '../../src/folders.ts';
import { runSupervisor } from '../../src/main.ts';
import { openDataLock } from '../../src/store/data-lock.ts';
import { behind, createDoor } from './in-process.ts';
import { openForTest } from './played-agents.ts';
import { type Answer, createDataFolder, eventually, type Reply } from './program.ts';

/** The program, whose last flush of presence waits at a door while it stops. */
const openStopping = async () => {
  const flush = createDoor();
  const test = await openForTest({ around: { store: behind(flush, 'savePresence') } });
  const stop = async (): Promise<{ stopped: Promise<void> }> => {
    flush.shut();
    const stopped = test.program.restartSupervisor();
    await eventually('the supervisor having stopped to decide', async () => flush.isWaitedAt());
    return { stopped };
  };
  return { ...test, flush, stop };
};

const isRefused = (reply: Reply | null): boolean =>
  reply === null || (reply.status === 503 && reply.body.code === 'NOT_READY');

describe('a program that stops', () => {
  it('takes no request any more once its supervisor has stopped to decide', async () => {
    const { program, create, beat, flush, stop } = await openStopping();
    const { id } = await create({ name: 'elsewhere', external: true });
    await beat(id);
    const { api } = program;
    const { stopped } = await stop();
    await expect(api.request('GET', '/healthz')).rejects.toThrow('fetch failed');
    await expect(api.request('POST', `/workspaces/${id}/pause`)).rejects.toThrow('fetch failed');
    flush.open();
    await stopped;
    expect((await program.api.view(id)).status).toBe('online');
  });

  it('loses nothing of what it acknowledged, however late it was asked', async () => {
    const { program, create, beat, flush } = await openStopping();
    const ids: string[] = [];
    for (let count = 0; count < 40; count += 1) {
      ids.push((await create({ name: `elsewhere-${count}`, external: true })).id);
    }
    for (const id of ids) await beat(id);
    const { api } = program;
    flush.shut();
    const asked: Promise<Reply | null>[] = [];
    const ask = (index: number): void => {
      const id = ids[index] as string;
      const reply =
        index % 2 === 0
          ? api.request('PATCH', `/workspaces/${id}`, { role: 'late' })
          : api.request('POST', `/workspaces/${id}/pause`);
      asked.push(reply.catch(() => null));
    };
    for (let index = 0; index < 10; index += 1) ask(index);
    await asked[0];
    const stopped = program.restartSupervisor();
    for (let index = 10; index < ids.length; index += 1) {
      ask(index);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually('the supervisor having stopped to decide', async () => flush.isWaitedAt());
    const replies = await Promise.all(asked);
    flush.open();
    await stopped;

    for (const [index, reply] of replies.entries()) {
      const view: Answer = await program.api.view(ids[index] as string);
      const isInForce = index % 2 === 0 ? view.role === 'late' : view.status === 'paused';
      if (isRefused(reply)) expect(isInForce, `${index} was refused`).toBe(false);
      else expect([reply?.status, isInForce]).toEqual([index % 2 === 0 ? 200 : 202, true]);
    }
    expect(replies.some((reply) => isRefused(reply))).toBe(true);
    expect(replies.some((reply) => !isRefused(reply))).toBe(true);
  });
});

describe('a program that cannot start', () => {
  it('closes what it opened: the data folder is free again', async () => {
    const data = createDataFolder();
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const heard = ['uncaughtException', 'SIGTERM', 'SIGINT'].map(
      (event) => [event, process.listeners(event as NodeJS.Signals)] as const,
    );
    onTestFinished(() => {
      for (const [event, before] of heard) {
        for (const listener of process.listeners(event as NodeJS.Signals)) {
          if (!before.includes(listener)) process.removeListener(event, listener);
        }
      }
      squatter.close();
      data.remove();
    });

    const { port } = squatter.address() as AddressInfo;
    const config = loadConfig({
      flags: { data: data.path, port: String(port) },
      env: { KEEPWELL_LOG_LEVEL: 'error' },
    });
    await expect(runSupervisor(config)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const lock = openDataLock({ file: dataFolders(data.path).lock, pid: process.pid });
    lock.release();
  });
});
