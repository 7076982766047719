import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeSupervisor, openFakeSupervisor, viewOf } from './fake-supervisor.ts';
import { runCli } from './run-cli.ts';

let fake: FakeSupervisor;
let folder: string;

type Body = { name: string; tier?: number };
const planned = { id: null, generation: null, changes: [], patch: {}, restarts: 'no', problem: null };
const changed = {
  ...planned,
  action: 'update',
  id: 'id-b',
  generation: 4,
  changes: [
    { path: 'tier', from: 1, to: 2 },
    { path: 'plugins.seo', from: null, to: { name: 'seo', source: 'local://seo' } },
  ],
  patch: { tier: 2 },
  restarts: 'possibly',
};

/** `a` is new, `b` differs, `c` is as written, `d` cannot be changed so. */
const planOf = ({ name }: Body) => {
  if (name === 'a') return { ...planned, name, action: 'create' };
  if (name === 'b') return { ...changed, name };
  if (name === 'c') return { ...planned, name, action: 'unchanged', id: 'id-c', generation: 1 };
  return {
    ...planned,
    name,
    action: 'conflict',
    id: 'id-d',
    generation: 1,
    problem: 'The runtime cannot change.',
  };
};

beforeEach(async () => {
  fake = await openFakeSupervisor();
  folder = mkdtempSync(join(tmpdir(), 'keepwell-cli-'));
  fake.answer('POST /plan', ({ body }) => ({ body: planOf(body as Body) }));
  fake.answer('POST /workspaces', { status: 201, body: { ...viewOf({ name: 'a' }), connection: null } });
  fake.answer('PATCH /workspaces/id-b', { body: viewOf({ name: 'b' }) });
  fake.answer('GET /workspaces/id-c', { body: viewOf({ name: 'c' }) });
});

afterEach(async () => {
  await fake.close();
  rmSync(folder, { recursive: true, force: true });
});

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const run = (args: string[], input = '') => runCli(['--url', fake.url, ...args], { input });
const sent = (method: string) =>
  fake.seen.filter((request) => request.method === method && request.path !== '/plan');

describe('plan', () => {
  it('says for each workspace what would happen, which fields differ and whether it restarts', async () => {
    const file = write('all.yaml', 'workspaces:\n  - name: a\n  - name: b\n    tier: 2\n  - name: c\n');

    const { code, lines } = await run(['plan', '-f', file]);
    expect(code).toBe(0);
    expect(lines).toEqual([
      'a  create',
      'b  update  restarts the agent if its plugins differ in code',
      '  tier: 1 → 2',
      '  plugins.seo: – → {"name":"seo","source":"local://seo"}',
      'c  unchanged',
    ]);
    expect(sent('POST').concat(sent('PATCH'))).toEqual([]);
  });

  it('ends with 1 when something cannot be changed so', async () => {
    const { code, stdout } = await run(['plan', '-f', write('d.yaml', 'name: d')]);

    expect({ code, stdout }).toEqual({ code: 1, stdout: 'd  conflict  The runtime cannot change.\n' });
  });
});

describe('apply', () => {
  it('creates what is new, patches what differs at the generation it saw, leaves the rest', async () => {
    const { code, stdout } = await run(
      ['apply', '-f', '-'],
      'name: a\ntier: 3\n---\nname: b\n---\nname: c\n',
    );

    expect(code).toBe(0);
    expect(stdout).toMatch(/2 workspaces applied\n$/);
    expect(sent('POST').map(({ body }) => body)).toEqual([{ name: 'a', tier: 3 }]);
    expect(sent('PATCH').map(({ body, headers }) => [body, headers['if-match']])).toEqual([
      [{ tier: 2 }, '"4"'],
    ]);
  });

  it('does nothing when all is as written', async () => {
    const { code, stdout } = await run(['apply', '-f', write('c.yaml', 'name: c')]);

    expect({ code, stdout }).toEqual({ code: 0, stdout: 'c  unchanged\nNothing to do.\n' });
    expect(fake.seen.every(({ method, path }) => method === 'GET' || path === '/plan')).toBe(true);
  });

  it('changes nothing at all when one of them cannot be changed so', async () => {
    const { code, stderr } = await run(['apply', '-f', '-'], '- name: a\n- name: d\n');

    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'error: d: The runtime cannot change.\nhint: Nothing was changed.\n',
    });
    expect(sent('POST')).toEqual([]);
  });

  it('reads every YAML and JSON file of a folder', async () => {
    write('1.yaml', 'name: c');
    write('2.json', '{"name":"b"}');
    write('3.txt', 'not: read');
    mkdirSync(join(folder, '4.yaml.d'));

    expect((await run(['apply', '-f', folder, '--json'])).code).toBe(0);
    expect(fake.seen.filter(({ path }) => path === '/plan').map(({ body }) => body)).toEqual([
      { name: 'c' },
      { name: 'b' },
    ]);
  });

  it('says in which file a refused workspace stands', async () => {
    fake.answer('POST /plan', {
      status: 400,
      body: { error: '`tier` must be <= 3.', code: 'BAD_REQUEST', hint: 'See details.', details: [] },
    });
    const file = write('bad.yaml', 'name: a\ntier: 9');

    const { code, stderr } = await run(['apply', '-f', file]);
    expect(code).toBe(1);
    expect(stderr).toContain(`error: ${file}, a: \`tier\` must be <= 3.\nhint: See details.`);
  });

  it.each([
    ['a: [', ':1:5 is not valid YAML'],
    ['tier: 1', 'holds a workspace without a name'],
    ['- 5', 'holds something that is not a workspace: 5'],
    ['- name: a\n- name: a', 'describes a, and so does'],
    ['# nothing', 'There is no workspace in'],
  ])('refuses `%s` with 2', async (text, message) => {
    const { code, stderr } = await run(['apply', '-f', write('x.yaml', text)]);

    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
    expect(stderr).toMatch(/^hint: /m);
    expect(fake.seen).toEqual([]);
  });
});
