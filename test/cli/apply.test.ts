import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeSupervisor, openFakeSupervisor } from './fake-supervisor.ts';
import { runCli } from './run-cli.ts';

let fake: FakeSupervisor;
let folder: string;

type Body = { set: string; prune: boolean; dry_run: boolean; documents: { name: string }[] };
const unchanged = {
  action: 'unchanged',
  id: 'id-c',
  generation: 1,
  changes: [],
  plugins: [],
  restarts: 'no',
  restart_why: null,
  problem: null,
  note: null,
  done: true,
  connection: null,
};
const seo = { name: 'seo', source: 'local://seo' };
const ITEMS: Record<string, object> = {
  a: { ...unchanged, action: 'create', id: null, generation: null, done: false },
  b: {
    ...unchanged,
    action: 'update',
    id: 'id-b',
    done: false,
    changes: [
      { path: 'tier', from: 1, to: 2 },
      { path: 'command', from: ['run'], to: ['run', '--fast'] },
      { path: 'plugins.seo', from: null, to: seo },
    ],
    plugins: [
      { name: 'seo', action: 'add', why: 'not installed', restart: true, resolved: null, declaration: seo },
    ],
    restarts: 'yes',
    restart_why: 'its command changes',
  },
  c: unchanged,
  d: { ...unchanged, action: 'conflict', id: 'id-d', done: false, problem: 'The runtime cannot change.' },
};
const old = { ...unchanged, name: 'old', action: 'remove', id: 'id-old', done: false, note: 'no document' };

const answerOf = ({ set, prune, dry_run, documents }: Body, more: object[] = []) => {
  const items = [...documents.map(({ name }) => ({ ...ITEMS[name], name })), ...more];
  const done = (item: object) =>
    dry_run || (!prune && 'action' in item && item.action === 'remove') ? item : { ...item, done: true };
  return { body: { set, dry_run, complete: !dry_run, items: items.map(done) } };
};

beforeEach(async () => {
  fake = await openFakeSupervisor();
  folder = mkdtempSync(join(tmpdir(), 'keepwell-cli-'));
  fake.answer('POST /apply', ({ body }) => answerOf(body as Body));
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
const applies = () => fake.seen.filter(({ path }) => path === '/apply').map(({ body }) => body as Body);
const refuse = (code: string, details: object[], status = 400) =>
  fake.answer('POST /apply', {
    status,
    body: { error: 'Told by the server.', code, hint: 'See details.', details },
  });

describe('plan -f', () => {
  it('says in words what would happen, which fields and plugins change, whether it restarts and why', async () => {
    const file = write('all.yaml', 'workspaces:\n  - name: a\n  - name: b\n    tier: 2\n  - name: c\n');

    const { code, lines } = await run(['plan', '-f', file]);
    expect(lines).toEqual([
      'a  create',
      'b  update',
      '  tier: 1 → 2',
      '  command: run → run --fast',
      '  add plugin seo from local://seo: not installed',
      '  restarts the agent: its command changes',
      'c  unchanged',
    ]);
    expect([code, applies().map(({ dry_run }) => dry_run)]).toEqual([0, [true]]);
  });

  it('ends with 1 when something cannot be changed so', async () => {
    const { code, stdout } = await run(['plan', '-f', write('d.yaml', 'name: d')]);

    expect({ code, stdout }).toEqual({ code: 1, stdout: 'd  conflict  The runtime cannot change.\n' });
  });
});

describe('apply', () => {
  it('prints what it does, does it, and says how much that was', async () => {
    const { code, stdout } = await run(
      ['apply', '-f', '-'],
      'name: a\ntier: 3\n---\nname: b\n---\nname: c\n',
    );

    expect(code).toBe(0);
    expect(stdout).toMatch(/^a {2}create\n[^]*\n2 workspaces applied\n$/);
    expect(applies().map(({ dry_run }) => dry_run)).toEqual([true, false]);
    expect(applies()[1]?.documents).toEqual([{ name: 'a', tier: 3 }, { name: 'b' }, { name: 'c' }]);
  });

  it('changes nothing with --dry-run', async () => {
    const { code, stdout } = await run(['apply', '-f', '-', '--dry-run'], 'name: a');

    expect([code, stdout, applies().length]).toEqual([0, 'a  create\n', 1]);
  });

  it('says so when all is as written', async () => {
    const { code, stdout } = await run(['apply', '-f', write('c.yaml', 'name: c')]);

    expect({ code, stdout }).toEqual({ code: 0, stdout: 'c  unchanged\nNothing to do.\n' });
  });

  it('gives its files the name of their folder or file as a set, or another', async () => {
    const file = write('web fleet.yaml', 'name: c');
    await run(['apply', '-f', file]);
    await run(['apply', '-f', folder]);
    await run(['apply', '-f', file, '--set', 'mine']);
    const sets = [...new Set(applies().map(({ set }) => set))];
    expect(sets).toEqual(['web-fleet', basename(folder), 'mine']);
  });

  it('prints what an external agent needs', async () => {
    const connection = { url: 'u', workspace_id: 'id-a', env: { KEEPWELL_TOKEN: 'kww_x' } };
    fake.answer('POST /apply', ({ body }) => {
      const answer = answerOf(body as Body);
      if (!(body as Body).dry_run) Object.assign(answer.body.items[0] ?? {}, { connection });
      return answer;
    });

    expect((await run(['apply', '-f', '-'], 'name: a')).stdout).toContain('KEEPWELL_TOKEN=kww_x');
  });

  it('lists what was not done, and ends with 1', async () => {
    fake.answer('POST /apply', ({ body }) => {
      const answer = answerOf(body as Body);
      if ((body as Body).dry_run) return answer;
      Object.assign(answer.body.items[1] ?? {}, { done: false, problem: 'The disk is full.' });
      return { status: 207, body: { ...answer.body, complete: false } };
    });

    const { code, stdout, stderr } = await run(['apply', '-f', '-'], '- name: a\n- name: b\n');
    expect([code, stdout.split('\n').at(-2)]).toEqual([1, '1 workspace applied']);
    expect(stderr).toContain('b: The disk is full.');
    expect(stderr).toContain('hint: Apply the same again; what is done is left alone.');
  });

  it('reads the YAML and JSON files of a folder in order, with all documents in them', async () => {
    write('2.json', '{"name":"b"}');
    write('1.yaml', 'name: c\n---\nname: a');
    write('3.txt', 'not: read');
    mkdirSync(join(folder, '4.yaml'));

    expect((await run(['apply', '-f', folder, '--json'])).code).toBe(0);
    expect(applies()[0]?.documents.map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  });
});

describe('apply --prune', () => {
  beforeEach(() => fake.answer('POST /apply', ({ body }) => answerOf(body as Body, [old])));

  it('says what would be removed, and removes it', async () => {
    const { code, stdout } = await run(['apply', '-f', '-', '--prune', '--yes'], 'name: c');

    expect([code, stdout]).toEqual([0, 'c    unchanged\nold  remove  no document\n1 workspace removed\n']);
    expect(applies().map(({ prune }) => prune)).toEqual([true, true]);
  });

  it('is needed: without it, what is in no file stays', async () => {
    const { code, stdout } = await run(['apply', '-f', '-'], 'name: c');

    expect([code, stdout]).toEqual([0, 'c    unchanged\nold  remove  no document\nNothing to do.\n']);
    expect(applies().map(({ prune }) => prune)).toEqual([false, false]);
  });
});

describe('what the supervisor refuses', () => {
  it('is told by file and line, and nothing is changed', async () => {
    const details = [{ path: 'documents.0.tier', message: 'must be <= 3', document: 0, name: 'a' }];
    refuse('BAD_REQUEST', details);
    const file = write('bad.yaml', 'role: x\nname: a\ntier: 9');

    const { code, stderr } = await run(['apply', '-f', file]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `error: ${file}:3, a: \`tier\` must be <= 3.\nhint: Nothing was changed.\n`,
    });
    expect(applies()).toHaveLength(1);
  });

  it('is told all at once, wherever in a list it stands', async () => {
    refuse('BAD_REQUEST', [
      { path: 'documents.0.env.PORT', message: 'must be string', document: 0, name: 'a' },
      { path: 'documents.1.command', message: 'is required', document: 1, name: 'b' },
    ]);
    const file = write(
      'bad.yaml',
      'workspaces:\n  - name: a\n    env:\n      A: x\n      PORT: 80\n  - name: b\n',
    );

    const { stderr } = await run(['plan', '-f', file]);
    expect(stderr).toContain('error: 2 things are wrong with these workspaces.');
    expect(stderr).toContain(`  - ${file}:5, a: \`env.PORT\` must be string`);
    expect(stderr).toContain(`  - ${file}:6, b: \`command\` is required`);
  });
});

describe('files that cannot be meant', () => {
  it.each([
    ['a: [', ':1:5 is not valid YAML'],
    ['tier: 1', ':1 holds a workspace without a name'],
    ['- name: ok\n- 5', ':2 holds something that is not a workspace: 5'],
    ['- name: a\n- name: a', ':2 describes a, and so does'],
    ['# nothing', 'There is no workspace in'],
    ['a: &x [*x, *x]\nb: *y', 'is not valid YAML'],
  ])('are refused with 2, like `%s`', async (text, message) => {
    const { code, stderr } = await run(['apply', '-f', write('x.yaml', text)]);

    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
    expect(stderr).toMatch(/^hint: /m);
    expect(fake.seen).toEqual([]);
  });

  it('are all named at once, each problem with file and line', async () => {
    write('1.yaml', 'name: a\n---\ntier: 1\n');
    write('2.yaml', 'b: [');
    write('3.yaml', '- name: c\n- name: a\n');

    const { code, stderr } = await run(['apply', '-f', folder]);
    expect(code).toBe(2);
    expect(stderr).toContain('3 things are wrong');
    expect(stderr).toContain(`${join(folder, '1.yaml')}:3: holds a workspace without a name`);
    expect(stderr).toContain(`${join(folder, '2.yaml')}:1:5: is not valid YAML`);
    expect(stderr).toContain(
      `${join(folder, '3.yaml')}:2: describes a, and so does ${join(folder, '1.yaml')}:1`,
    );
  });
});
