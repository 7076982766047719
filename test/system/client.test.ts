import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createClient,
  type JournalRow,
  KeepwellApiError,
  type KeepwellClient,
} from '../../src/client/index.ts';
import {
  ADMIN_TOKEN,
  createDataFolder,
  eventually,
  freePort,
  type Program,
  startProgram,
  stopAgents,
} from './program.ts';

const data = createDataFolder();
let port: number;
let url: string;
let program: Program;
let client: KeepwellClient;

beforeAll(async () => {
  port = await freePort();
  url = `http://127.0.0.1:${port}`;
  program = await startProgram({ data: data.path, port });
  client = createClient({ url, token: ADMIN_TOKEN });
});
afterAll(async () => {
  await program.stop();
  stopAgents(data.path);
  data.remove();
});

const failureOf = async (call: Promise<unknown>): Promise<KeepwellApiError> => {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof KeepwellApiError)) throw new Error(`no KeepwellApiError: ${String(error)}`);
  return error;
};

describe('the client of a running supervisor', () => {
  it('creates a workspace and waits until its agent is online with its plugins', async () => {
    const { name, status, plugins } = await client.workspaces.create(
      { name: 'writer', template: 'seo-agent' },
      { wait: { withinMs: 60_000 } },
    );
    expect([name, status, plugins.installed]).toEqual(['writer', 'online', plugins.declared]);
    expect((await client.workspaces.list({ status: 'online' })).items.map((one) => one.name)).toEqual([
      'writer',
    ]);
    expect((await client.workspaces.why('writer')).state).toBe('wanted.online.converged');
    expect((await client.workspaces.machine('writer')).state).toBe('wanted.online.converged');
    expect(await client.workspaces.machineTest('writer')).toContain("from 'vitest'");
    expect(typeof (await client.workspaces.logs('writer'))).toBe('string');
  });

  it('says what keeps a workspace from settling', async () => {
    const wait = { withinMs: 60_000 };
    const error = await failureOf(
      client.workspaces.create({ name: 'broken', command: ['/no/such/program'] }, { wait }),
    );
    expect(error).toMatchObject({ status: 0, code: expect.any(String), hint: expect.any(String) });
    expect(error.message).toContain('broken');
    expect(await client.workspaces.remove('broken', { purge: true })).toMatchObject({ status: 'removed' });
  });

  it('changes a spec only while the generation is the one that was seen', async () => {
    const { generation } = await client.workspaces.get('writer');
    const changed = await client.workspaces.patch('writer', { role: 'editor' }, { ifGeneration: generation });
    expect([changed.role, changed.generation]).toEqual(['editor', generation + 1]);
    expect(
      await failureOf(client.workspaces.patch('writer', { role: null }, { ifGeneration: generation })),
    ).toMatchObject({ status: 412, code: 'GENERATION_CONFLICT', details: { in_force: generation + 1 } });
  });

  it('downloads a plugin as it is installed, and not again while it is the same', async () => {
    const [plugin] = (await client.workspaces.plugins.lock('writer')).plugins;
    const name = plugin?.name ?? '';
    const { treeHash, bytes } = (await client.workspaces.plugins.download('writer', name)) ?? {};
    expect([treeHash, bytes?.[0], bytes?.[1]]).toEqual([plugin?.tree_hash, 0x1f, 0x8b]);
    expect(await client.workspaces.plugins.downloadHash('writer', name)).toBe(treeHash);
    expect(
      await client.workspaces.plugins.download('writer', name, { ifNoneMatch: treeHash ?? '' }),
    ).toBeNull();
  });

  it('speaks for an agent elsewhere', async () => {
    const { id, auth_token } = await client.workspaces.create({ name: 'elsewhere', external: true });
    const { agent } = createClient({ url, token: () => auth_token });
    expect(await agent.register({ id, agent_card: { skills: [] } })).toMatchObject({ status: 'registered' });
    expect(await agent.heartbeat({ workspace_id: id, error_rate: 0.1 })).toMatchObject({
      status: 'ok',
      workspace_status: 'online',
    });
    expect(await agent.updateCard({ workspace_id: id, agent_card: { skills: ['a'] } })).toEqual({
      status: 'updated',
    });
    const { auth_token: newer } = await client.workspaces.rotateToken('elsewhere', { overlap: '0s' });
    expect(newer).not.toBe(auth_token);
    expect(await failureOf(agent.heartbeat({ workspace_id: id }))).toMatchObject({ status: 401 });
    const relay = await client.tokens.create({ name: 'relay', role: 'relay' });
    const relayed = await createClient({ url, token: relay.token }).agent.heartbeats([
      { workspace_id: id },
      { workspace_id: 'nobody' },
    ]);
    expect(relayed.results.map(({ code }) => code)).toEqual([200, 404]);
    expect(await client.tokens.revoke(relay.id)).toBeNull();
  });

  it('plans and applies documents', async () => {
    const documents = [{ name: 'applied', external: true }];
    expect((await client.plan({ name: 'applied', external: true })).action).toBe('create');
    expect((await client.apply({ set: 'mine', documents, dry_run: true })).items[0]?.done).toBe(false);
    expect(await client.apply({ set: 'mine', documents })).toMatchObject({ complete: true, set: 'mine' });
    expect((await client.plan({ name: 'applied', external: true })).action).toBe('unchanged');
  });

  it('keeps secrets, and lists their names', async () => {
    expect((await client.secrets.set({ API_KEY: 'x' })).items).toMatchObject([{ name: 'API_KEY' }]);
    expect((await client.secrets.remove('API_KEY')).items).toEqual([]);
    expect((await client.workspaces.secrets.set('applied', { A: '1' })).items).toMatchObject([{ name: 'A' }]);
  });

  it('reads what there is and who did what', async () => {
    expect((await client.templates.list()).items.map(({ name }) => name)).toContain('seo-agent');
    expect((await client.templates.get('seo-agent')).problems).toEqual([]);
    expect((await client.plugins.registry()).items.length).toBeGreaterThan(0);
    expect(await client.machines.write('workspace', { format: 'svg' })).toContain('<svg');
    expect((await client.machines.chart('workspace')).nodes.length).toBeGreaterThan(10);
    expect((await client.audit({ limit: 1 })).items.length).toBe(1);
    expect(await client.ready()).toEqual({ ready: true });
    expect(await client.metrics()).toContain('# TYPE');
    expect((await client.supervisor()).ready).toBe(true);
    expect((await client.openapi()).openapi).toBe('3.1.0');
    const names: string[] = [];
    for await (const { name } of client.workspaces.all()) names.push(name);
    expect(names).toEqual(['applied', 'elsewhere', 'writer']);
  });

  it('tells a refusal with its code, what to do next, and the id by which the log knows it', async () => {
    expect(await failureOf(client.workspaces.get('nobody'))).toMatchObject({
      status: 404,
      code: 'WORKSPACE_NOT_FOUND',
      hint: expect.stringMatching(/\w/),
      requestId: expect.stringMatching(/\w/),
    });
    expect(await failureOf(createClient({ url, token: 'wrong' }).workspaces.list())).toMatchObject({
      status: 401,
      code: 'UNAUTHORIZED',
    });
    await expect(async () => client.workspaces.get('..')).rejects.toThrow(TypeError);
  });

  it('follows the journal across a supervisor that is killed and comes back, each row once', async () => {
    const { last_seq: after } = await client.journal({ limit: 1 });
    const seen: JournalRow[] = [];
    const states: string[] = [];
    const done = new AbortController();
    const onConnection = (state: string) => void states.push(state);
    const stream = client.events({ after, workspace: 'elsewhere', signal: done.signal, onConnection });
    const reading = (async () => {
      for await (const row of stream) seen.push(row);
    })();
    await client.workspaces.pause('elsewhere');
    await eventually('the first rows', async () => seen.some(({ event }) => event === 'operator.paused'));
    await program.kill9();
    program = await startProgram({ data: data.path, port });
    await client.workspaces.resume('elsewhere');
    await eventually('the rows after it', async () => seen.some(({ event }) => event === 'operator.resumed'));
    done.abort();
    await reading;
    expect(states).toEqual(['open', 'lost', 'open']);
    const { items } = await client.journal({ after, workspace: 'elsewhere', limit: 1_000 });
    expect(seen.map(({ seq }) => seq)).toEqual(items.map(({ seq }) => seq).slice(0, seen.length));
  });

  it('follows what an instance prints and the fleet, until it has seen enough', async () => {
    for await (const { event, data: text } of client.fleet()) {
      expect([event, JSON.parse(text).rows.length]).toEqual(['fleet', 3]);
      break;
    }
    for await (const { event } of client.workspaces.live('writer')) {
      expect(event).toBe('moment');
      break;
    }
  });
});
