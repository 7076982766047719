import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at, type FakeSupervisor, openFakeSupervisor } from './fake-supervisor.ts';
import { runCli } from './run-cli.ts';

let fake: FakeSupervisor;
beforeEach(async () => {
  fake = await openFakeSupervisor();
});
afterEach(() => fake.close());

const run = (...args: string[]) => runCli(['--url', fake.url, '--token', 't', ...args]);
const ANNA = { id: 'a1b2c3d4e5f6', name: 'anna', role: 'viewer', created_at: at(0) };

describe('keepwell tokens', () => {
  it('create prints the token, and says what it is for and how to end it', async () => {
    fake.answer('POST /tokens', { status: 201, body: { ...ANNA, token: 'kwv_x' } });
    const { code, lines } = await run('tokens', 'create', 'anna');
    expect({ code, lines }).toEqual({
      code: 0,
      lines: [
        'With this token anna may look, and change nothing (it is shown this once):',
        '  kwv_x',
        '`keepwell tokens revoke a1b2c3d4e5f6` ends it.',
      ],
    });
    expect(fake.seen.at(-1)).toMatchObject({
      method: 'POST',
      path: '/tokens',
      body: { name: 'anna', role: 'viewer' },
    });
    const json = await run('tokens', 'create', 'anna', '--json');
    expect([JSON.parse(json.stdout), json.stderr]).toEqual([{ ...ANNA, token: 'kwv_x' }, '']);
  });

  it('create --role relay asks for one that may hand on beats', async () => {
    fake.answer('POST /tokens', { status: 201, body: { ...ANNA, role: 'relay', token: 'kwr_x' } });
    const { lines } = await run('tokens', 'create', 'edge', '--role', 'relay');
    expect(lines[0]).toBe(
      'With this token edge may hand on beats, and do nothing else (it is shown this once):',
    );
    expect(fake.seen.at(-1)).toMatchObject({ body: { name: 'edge', role: 'relay' } });
    expect((await run('tokens', 'create', 'edge', '--role', 'king')).code).toBe(2);
  });

  it('ls shows who has one, and what to do when nobody has', async () => {
    fake.answer('GET /tokens', { body: { items: [ANNA] } });
    const { lines } = await run('tokens', 'ls');
    expect(lines[0]).toMatch(/^ID +NAME +ROLE +CREATED/);
    expect(lines[1]).toMatch(/^a1b2c3d4e5f6 +anna +viewer +/);
    fake.answer('GET /tokens', { body: { items: [] } });
    expect((await run('tokens', 'ls')).stdout).toContain('keepwell tokens create');
  });

  it('revoke ends one', async () => {
    fake.answer('DELETE /tokens/a1b2c3d4e5f6', { status: 200, text: '' });
    expect((await run('tokens', 'revoke', 'a1b2c3d4e5f6')).stdout).toBe('a1b2c3d4e5f6 revoked\n');
    fake.answer('DELETE /tokens/none', {
      status: 404,
      body: { error: 'There is no such token.', code: 'TOKEN_NOT_FOUND', hint: 'List them.' },
    });
    expect(await run('tokens', 'revoke', 'none')).toMatchObject({ code: 3, stdout: '' });
  });

  it('wants a name, and an id', async () => {
    expect((await run('tokens', 'create')).stderr).toContain("Missing required argument 'name'.");
    expect((await run('tokens', 'revoke')).stderr).toContain("Missing required argument 'id'.");
  });
});
