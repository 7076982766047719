import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mountSmallDisk, type SmallDisk } from './full-disk.ts';
import { IDLE, openForTest } from './played-agents.ts';
import { type Answer, type Api, eventually, launchProgram, startProgram } from './program.ts';

const DISK_MEGABYTES = 8;

/** Programs on a disk of their own. */
const startOnDisk = async (disk: SmallDisk) => {
  const program = await startProgram({ data: disk.path });
  onTestFinished(() => program.kill9());
  return program;
};

/** Creates agents elsewhere until one is refused; gives those that were acknowledged, and the refusal. */
const createUntilRefused = async (api: Api, prefix: string) => {
  const acknowledged: Answer[] = [];
  for (;;) {
    const name = `${prefix}-${acknowledged.length}`;
    const reply = await api.request('POST', '/workspaces', { name, external: true });
    if (reply.status !== 201) return { acknowledged, refusal: reply };
    acknowledged.push(reply.body);
    if (acknowledged.length > 5_000) throw new Error('the disk does not get full');
  }
};

const create = (api: Api, name: string): Promise<Answer> => api.post('/workspaces', { name, external: true });

const expectAll = async (api: Api, acknowledged: Answer[]) => {
  for (const { id, name } of acknowledged) expect((await api.view(id)).name).toBe(name);
};

const probe = mountSmallDisk(1);
if (typeof probe === 'string') console.log(`a full disk is not tried here: ${probe}`);
else probe.remove();

describe.skipIf(typeof probe === 'string')('a full disk', () => {
  const diskForTest = (): SmallDisk => {
    const disk = mountSmallDisk(DISK_MEGABYTES) as SmallDisk;
    onTestFinished(disk.remove);
    return disk;
  };

  it('is told to whoever wants to write, while beats are answered, and is got over by itself', async () => {
    const disk = diskForTest();
    const { api, ...program } = await startOnDisk(disk);
    const known = [await create(api, 'known-a'), await create(api, 'known-b')];
    for (const { id, auth_token } of known) expect((await api.beat(id, auth_token)).status).toBe(200);
    disk.fill();
    const { acknowledged, refusal } = await createUntilRefused(api, 'late');

    expect(refusal).toMatchObject({ status: 503, body: { code: 'STORE_UNWRITABLE' } });
    expect(refusal.body.error).toMatch(/database/i);
    expect(refusal.body.hint).toMatch(/Free disk space/);
    const patched = await api.request('PATCH', `/workspaces/${known[0].id}`, { role: 'writer' });
    expect(patched).toMatchObject({ status: 503, body: { code: 'STORE_UNWRITABLE' } });
    const ready = await api.request('GET', '/readyz');
    expect(ready.status).toBe(503);
    expect(ready.body.error).toMatch(/cannot be written/);
    expect((await api.request('GET', '/healthz')).status).toBe(200);

    for (const { id, auth_token } of known) {
      const before = (await api.view(id)).lease_expires_at;
      await new Promise((resolve) => setTimeout(resolve, 5));
      const beat = await api.beat(id, auth_token);
      expect(beat).toMatchObject({ status: 200, body: { status: 'ok', workspace_status: 'online' } });
      expect(Date.parse(beat.body.lease_expires_at)).toBeGreaterThan(Date.parse(before));
    }

    // Also a beat that changes more than the lease.
    const trouble = await api.beat(known[1].id, known[1].auth_token, { error_rate: 0.9 });
    expect(trouble).toMatchObject({ status: 200, body: { workspace_status: 'degraded' } });

    disk.free();
    await eventually('the store being written again', async () => {
      return (await api.request('GET', '/readyz')).status === 200;
    });
    acknowledged.push(await create(api, 'after'));
    await expectAll(api, [...known, ...acknowledged]);
    expect(await program.stop()).toBe(0);

    const again = await startOnDisk(disk);
    await expectAll(again.api, [...known, ...acknowledged]);
    // A change that was answered 503 was kept and tried again, as the answer says.
    expect((await again.api.view(known[0].id)).role).toBe('writer');
    expect((await again.api.view(known[1].id)).status).toBe('degraded');
    for (const { id, auth_token } of known) {
      expect((await again.api.beat(id, auth_token)).body.workspace_status).toBe('online');
    }
  });

  it('costs nothing that was acknowledged when the supervisor is killed while it lasts, and a start is refused', async () => {
    const disk = diskForTest();
    const { api, kill9 } = await startOnDisk(disk);
    const known = await create(api, 'known');
    disk.fill();
    const { acknowledged } = await createUntilRefused(api, 'late');
    await kill9();

    rmSync(join(disk.path, 'server.json'));
    disk.fill();
    const refused = launchProgram({ data: disk.path });
    onTestFinished(() => refused.kill9());
    expect(await refused.exited).toBe(1);
    expect(refused.output()).toMatch(/no space/);
    expect(refused.output()).toMatch(/Free disk space/);
    expect(refused.output()).not.toMatch(/\n\s+at /);

    disk.free();
    const again = await startOnDisk(disk);
    await expectAll(again.api, [known, ...acknowledged]);
    expect((await create(again.api, 'after')).status).toBe('awaiting_agent');
  });
});

describe('a command that does not exist', () => {
  it('fails the workspace with every path that was looked for, and a changed spec brings it up', async () => {
    const {
      program,
      create: createPlayed,
      patch,
      settle,
    } = await openForTest({
      env: { KEEPWELL_AGENT_PATH: '/nowhere/bin:/usr/bin' },
    });
    const { id } = await createPlayed({ name: 'w', command: ['no-such-agent', '--fast'] });
    const failed = await eventually('the workspace failing', async () => {
      const view = await program.api.view(id);
      return view.status === 'failed' ? view : null;
    });
    expect(failed.reason).toMatchObject({ code: 'provision-declined', hint: expect.stringMatching(/PATH/) });
    for (const path of ['/nowhere/bin/no-such-agent', '/usr/bin/no-such-agent']) {
      expect(failed.reason.message).toContain(path);
    }
    expect(await program.api.get(`/workspaces/${id}/why`)).toMatchObject({
      status: 'failed',
      text: expect.stringContaining('/nowhere/bin/no-such-agent'),
    });

    expect((await patch(id, { command: IDLE })).status).toBe(200);
    expect(await settle(id)).toMatchObject({ status: 'online', reason: null, observed_generation: 2 });
  });

  it('is declined as a change of a running agent: it keeps running, and the view says why', async () => {
    const { program, create: createPlayed, patch, settle } = await openForTest();
    const { id } = await createPlayed({ name: 'w', command: IDLE });
    const before = await settle(id);
    await patch(id, { command: ['/no/such/agent'] });
    const view = await eventually('the change being declined', async () => {
      const now = await settle(id);
      return now.reason?.code === 'restart-declined' ? now : null;
    });
    expect(view).toMatchObject({ status: 'online', incarnation: before.incarnation });
    expect(view.reason.message).toContain('/no/such/agent');
    await patch(id, { command: [...IDLE, '1'] });
    const after = await eventually('the mended command running', async () => {
      const now = await settle(id);
      return now.incarnation === before.incarnation + 1 ? now : null;
    });
    expect(after).toMatchObject({ status: 'online', reason: null });
    expect((await program.api.view(id)).restart_pending).toBe(false);
  });
});

describe('a duration in a spec', () => {
  it.each([
    ['is longer than a timer can wait', 2 ** 31],
    ['is far longer than a timer can wait', '999d'],
    ['is negative', -1],
    ['is a negative text', '-5s'],
    ['is nothing', ''],
    ['is shorter than it may be', '1ms'],
  ])('is refused with 400 when it %s, on create and on change', async (_, length) => {
    const { program, create: createPlayed, patch } = await openForTest();
    const policy = { offline_after: length };
    const created = await program.api.request('POST', '/workspaces', { name: 'w', external: true, policy });
    expect(created.status).toBe(400);
    expect(created.body.code).toMatch(/^BAD_(DURATION|REQUEST)$/);
    expect(JSON.stringify(created.body)).toContain('offline_after');
    const { id } = await createPlayed({ name: 'v', external: true });
    const patched = await patch(id, { policy });
    expect(patched.status).toBe(400);
    expect((await program.api.view(id)).generation).toBe(1);
  });

  it('is taken when it is the longest that a timer can wait', async () => {
    const { create: createPlayed } = await openForTest();
    const policy = { offline_after: 2 ** 31 - 1 };
    expect((await createPlayed({ name: 'w', external: true, policy })).policy.offline_after).toBe(
      '2147483647ms',
    );
  });
});
