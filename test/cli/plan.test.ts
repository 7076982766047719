import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeSupervisor, openFakeSupervisor } from './fake-supervisor.ts';
import { runCli } from './run-cli.ts';

let fake: FakeSupervisor;
beforeEach(async () => {
  fake = await openFakeSupervisor();
});
afterEach(() => fake.close());

const run = (...args: string[]) => runCli(['--url', fake.url, 'plan', ...args]);
const entry = (name: string, action: string, why: string, more: object = {}) => ({
  name,
  action,
  why,
  restart: true,
  resolved: null,
  declaration: { source: `github://acme/${name}#v1` },
  ...more,
});

describe('plan of a workspace', () => {
  const plan = {
    items: [
      entry('kept', 'keep', 'as declared'),
      entry('new', 'add', 'not installed'),
      entry('moved', 'update', 'its reference moved', {
        resolved: { revision: 'abcdef0123456789', tree_hash: null },
      }),
      entry('gone', 'remove', 'no longer declared', { declaration: null }),
      entry('bad', 'hold', 'quarantined: the agent crashed with it'),
    ],
    restarts: 'yes',
    restart_why: 'plugin gone is removed',
  };
  beforeEach(() => fake.answer('GET /workspaces/demo/plugins/plan', { body: plan }));

  it('says in words what a reconcile would do, whether it restarts, and why', async () => {
    const { code, lines } = await run('demo');
    expect([code, lines]).toEqual([
      0,
      [
        'add plugin new from github://acme/new#v1: not installed',
        'update plugin moved to abcdef012345: its reference moved',
        'remove plugin gone: no longer declared',
        'hold plugin bad: quarantined: the agent crashed with it',
        'restarts the agent: plugin gone is removed',
      ],
    ]);
    expect(fake.seen[0]?.query).toEqual({});
  });

  it('follows references when asked to, and gives programs all of it', async () => {
    const { stdout } = await run('demo', '--refresh', '--json');
    expect(JSON.parse(stdout)).toEqual(plan);
    expect(fake.seen[0]?.query).toEqual({ refresh: 'true' });
  });

  it('says so when there is nothing to do', async () => {
    fake.answer('GET /workspaces/demo/plugins/plan', { body: { ...plan, items: plan.items.slice(0, 1) } });
    expect((await run('demo')).stdout).toBe('All plugins are in place; a reconcile would change nothing.\n');
  });
});

describe('plan of a template', () => {
  const template = {
    name: 'support',
    description: 'Answers mail.',
    runtime: 'process',
    agent_runtime: 'claude-code',
    command: [],
    required_env: ['API_KEY', 'OTHER'],
    missing_env: ['API_KEY'],
    plugins: [entry('mail', 'add', 'not installed')],
    problems: [],
    workspaces: ['one', 'two'],
  };

  it('says what a new workspace would get and what would be missing', async () => {
    fake.answer('GET /templates/support', { body: template });
    const { code, lines } = await run('--template', 'support');
    expect([code, lines]).toEqual([
      0,
      [
        'support: Answers mail.',
        'its agent is built on claude-code',
        'does not say what to run: `keepwell create` has to, after --',
        'add plugin mail from github://acme/mail#v1: not installed',
        'needs API_KEY, which no secret provides yet',
        'made from it: one, two',
      ],
    ]);
  });

  it('ends with 1 when nothing can be made from it', async () => {
    const problems = [{ path: 'plugins.mail', message: 'It is not on the allow-list.' }];
    fake.answer('GET /templates/support', {
      body: { ...template, command: ['run', 'it'], problems, workspaces: [] },
    });
    const { code, lines } = await run('--template', 'support');
    expect(code).toBe(1);
    expect(lines).toContain('runs run it');
    expect(lines).toContain('plugins.mail: It is not on the allow-list.');
    expect(lines.at(-1)).toBe('no workspace was made from it');
  });
});

describe('plan', () => {
  it.each([
    ['of nothing', [], 'There is nothing to plan.'],
    ['of two things', ['demo', '--template', 'x'], 'Only one thing can be planned at a time.'],
    [
      'that follows references of files',
      ['-f', '-', '--refresh'],
      'Applying files follows no references, and neither does its plan.',
    ],
  ])('%s is refused with 2', async (_what, args, message) => {
    const { code, stderr } = await run(...args);
    expect([code, stderr.split('\n')[0]]).toEqual([2, `error: ${message}`]);
    expect(fake.seen).toEqual([]);
  });
});
