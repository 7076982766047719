import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { ADMIN_TOKEN, createDataFolder, freePort, keepwell, type Program, startProgram } from './program.ts';

/** Viewer tokens and sessions with the real program, killed at any moment. */

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanUps.splice(0).toReversed()) await clean();
});

const open = async () => {
  const data = createDataFolder();
  const port = await freePort();
  cleanUps.push(data.remove);
  let program: Program = await startProgram({ data: data.path, port });
  cleanUps.push(() => program.kill9());
  const statusOf = async (path: string, headers: Record<string, string>, token: string | null = null) =>
    (await program.api.request('GET', path, undefined, { token, headers })).status;
  return {
    data: data.path,
    api: () => program.api,
    output: () => program.output(),
    async killed(env: Record<string, string> = {}): Promise<void> {
      await program.kill9();
      program = await startProgram({ data: data.path, port, env });
    },
    async signIn(token: string): Promise<{ cookie: string }> {
      const { status, headers } = await program.api.request('POST', '/session', { token }, { token: null });
      expect(status).toBe(200);
      return { cookie: headers.getSetCookie()[0]?.split(';')[0] ?? '' };
    },
    statusOf,
    sees: (token: string) => statusOf('/workspaces', {}, token),
  };
};

it('a viewer token is good, and is over, from the moment that is answered, though all is killed then', {
  timeout: 60_000,
}, async () => {
  const life = await open();
  const created = await Promise.all(
    ['anna', 'ben', 'cleo'].map((name) => life.api().post('/tokens', { name })),
  );
  await life.killed();
  for (const { token } of created) expect(await life.sees(token)).toBe(200);

  const session = await life.signIn(created[0].token);
  expect(await life.statusOf('/workspaces', session)).toBe(200);
  expect((await life.api().request('DELETE', `/tokens/${created[0].id}`)).status).toBe(204);
  await life.killed();
  expect(await life.sees(created[0].token)).toBe(401);
  expect(await life.statusOf('/workspaces', session)).toBe(401);
  expect(await life.sees(created[1].token)).toBe(200);

  // At rest there is a hash, and nothing that opens.
  const files = readdirSync(life.data).filter((name) => name.startsWith('keepwell.db'));
  const stored = files.map((name) => readFileSync(join(life.data, name), 'latin1')).join('');
  for (const { token } of created) expect(stored + life.output()).not.toContain(token);
});

it('a session survives a kill, and is over when the admin token is another one', {
  timeout: 60_000,
}, async () => {
  const life = await open();
  const session = await life.signIn(ADMIN_TOKEN);
  await life.killed();
  expect(await life.statusOf('/secrets', session)).toBe(200);
  await life.killed({ KEEPWELL_ADMIN_TOKEN: 'kwa_another_one' });
  expect(await life.statusOf('/session', session)).toBe(401);
});

it('`keepwell tokens` gives, shows and ends what a viewer looks with', { timeout: 60_000 }, async () => {
  const life = await open();
  const created = await keepwell(life.data, ['tokens', 'create', 'anna', '--json']);
  const { token } = JSON.parse(created.stdout);
  expect(token).toMatch(/^kwv_[\w-]{43}$/);
  expect(await life.sees(token)).toBe(200);
  const listed = await keepwell(life.data, ['tokens', 'ls', '--json']);
  const [{ id, name }] = JSON.parse(listed.stdout).items;
  expect(name).toBe('anna');
  const looking = await keepwell(life.data, ['--token', token, 'ls']);
  expect(looking.code).toBe(0);
  const changing = await keepwell(life.data, ['--token', token, 'create', 'x', '--template', 'seo-agent']);
  expect(changing.code).toBe(1);
  expect(changing.stderr).toContain('Use the admin token for that.');
  expect((await keepwell(life.data, ['tokens', 'revoke', id])).code).toBe(0);
  expect(await life.sees(token)).toBe(401);
});
