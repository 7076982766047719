import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createExternal } from './external-agent.ts';
import {
  createDataFolder,
  eventually,
  freePort,
  keepwell,
  type Program,
  startProgram,
  stopAgents,
} from './program.ts';

let data: ReturnType<typeof createDataFolder>;
let port: number;
let program: Program;

beforeAll(async () => {
  data = createDataFolder();
  port = await freePort();
  program = await startProgram({ data: data.path, port });
});
afterAll(async () => {
  await program.kill9();
  stopAgents(data.path);
  data.remove();
});

const rotate = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await keepwell(data.path, ['tokens', 'rotate', ...args]);
  if (code !== 0) throw new Error(stderr);
  return stdout;
};
const newTokenIn = (text: string): string => /KEEPWELL_TOKEN=(\S+)/.exec(text)?.[1] ?? '';
const statusOf = async (id: string, token: string) => {
  const { status, body } = await program.api.beat(id, token);
  return [status, body.code ?? body.status];
};

describe('`keepwell tokens rotate`', () => {
  it('makes a new token while the old one is good, and both live through kill -9', async () => {
    const { id, auth_token: old } = await createExternal(program.api, 'overlapping', []);
    const told = await rotate('overlapping', '--overlap', '1h');
    const young = newTokenIn(told);
    expect(told).toMatch(/The old token is good until 20\S+ \(in (1h|59m 59s)\)/);
    expect(young).toMatch(/^kww_/);

    await program.kill9();
    program = await startProgram({ data: data.path, port });
    expect((await keepwell(data.path, ['get', 'overlapping'])).stdout).toMatch(
      /old token +good until .*, not used/,
    );
    expect([await statusOf(id, young), await statusOf(id, old)]).toEqual([
      [200, 'ok'],
      [200, 'ok'],
    ]);
    const { old_token: shown } = await program.api.view(id);
    expect(Date.now() - Date.parse(shown.last_used_at)).toBeLessThan(10_000);
    expect((await keepwell(data.path, ['get', 'overlapping'])).stdout).toMatch(
      /old token +good until .*, used/,
    );
    expect(JSON.stringify(await program.api.history(id))).toContain('token.rotated');
  });

  it('ends the old token when its time is over, and says so to whoever still comes with it', async () => {
    const { id, auth_token: old } = await createExternal(program.api, 'ending', []);
    const young = newTokenIn(await rotate('ending', '--overlap', '1s'));
    expect(await statusOf(id, old)).toEqual([200, 'ok']);
    await eventually('the end of the old token', async () => (await statusOf(id, old))[0] === 401);
    expect(await statusOf(id, old)).toEqual([401, 'TOKEN_EXPIRED']);
    expect(await statusOf(id, young)).toEqual([200, 'ok']);
    expect((await program.api.view(id)).old_token).toBeNull();

    await program.kill9();
    program = await startProgram({ data: data.path, port });
    expect(await statusOf(id, old)).toEqual([401, 'TOKEN_EXPIRED']);
  });

  it('with --now ends the old one at once', async () => {
    const { id, auth_token: old } = await createExternal(program.api, 'leaked', []);
    const told = await rotate('leaked', '--now');
    expect(told).toContain('good for nothing any more');
    expect(await statusOf(id, old)).toEqual([401, 'TOKEN_EXPIRED']);
    expect(await statusOf(id, newTokenIn(told))).toEqual([200, 'ok']);
    expect((await program.api.request('GET', `/workspaces/${id}`, undefined, { token: old })).body.code).toBe(
      'TOKEN_EXPIRED',
    );
  });

  it('is refused for an agent that Keepwell starts, which gets a new one at each start, and for a wrong length', async () => {
    const { id } = await program.api.post('/workspaces', { name: 'ours', command: ['sleep', '60'] });
    const path = `/workspaces/${id}/token/rotate`;
    expect(await program.api.request('POST', path, {})).toMatchObject({
      status: 409,
      body: { code: 'STATE_CONFLICT', hint: expect.stringContaining('keepwell restart ours') },
    });
    expect(await program.api.request('POST', path, { overlap: 'long' })).toMatchObject({ status: 400 });
    const { auth_token: own } = await createExternal(program.api, 'curious', []);
    expect((await program.api.request('POST', path, {}, { token: own })).status).toBe(403);
  });
});
