import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeSupervisor, openFakeSupervisor } from './fake-supervisor.ts';
import { runCli } from './run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'keepwell-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const told = (stderr: string) => ({
  error: /^error: (.*)$/m.exec(stderr)?.[1],
  hint: /^hint: (.*)$/m.exec(stderr)?.[1],
});

describe('wrong usage ends with 2, says what is wrong and what was meant', () => {
  it.each(
    [
      ['crate demo', "Unknown command 'crate'.", 'Did you mean create?'],
      ['nonsense', "Unknown command 'nonsense'.", '`keepwell --help` shows how.'],
      ['ls --jsn', "Unknown option '--jsn'.", 'Did you mean --json?'],
      ['ls extra', 'Too many arguments', '`keepwell ls --help`'],
      ['ls --status busy', 'Allowed choices are provisioning', '`keepwell ls --help`'],
      ['status extra', 'Too many arguments', '`keepwell status --help`'],
      ['version extra', 'Too many arguments', '`keepwell version --help`'],
      ['get', "Missing required argument 'workspace'.", '`keepwell get --help`'],
      ['get ..', '".." is not a name.', '`keepwell ls`'],
      ['why', "Missing required argument 'workspace'.", '`keepwell why --help`'],
      ['create', "Missing required argument 'name'.", '`keepwell create --help`'],
      ['create a --tier 9', 'It must be 1, 2 or 3.', '`keepwell create --help`'],
      ['create a --env X', 'Write it as NAME=value.', '`keepwell create --help`'],
      ['create a --external -- x', 'An external workspace has no command.', 'Leave out --external'],
      ['create a node --port', "Unknown option '--port'.", 'Put -- before'],
      ['create a --timeout soon', 'Write it like 30s', '`keepwell create --help`'],
      ['apply', "Required option '-f, --file <path>' not specified.", '`keepwell apply --help`'],
      ['apply -f /nowhere.yaml', '/nowhere.yaml cannot be read', 'Give a YAML file'],
      ['plan', 'There is nothing to plan.', 'Give a workspace, -f with files, or --template with a name.'],
      ['plan -f -', 'There is no workspace in -.', 'A workspace is a YAML document'],
      ['rm', "Missing required argument 'workspace'.", '`keepwell rm --help`'],
      ['pause', "Missing required argument 'workspace'.", '`keepwell pause --help`'],
      ['pause a --wait', "Unknown option '--wait'.", '`keepwell pause --help`'],
      ['resume', "Missing required argument 'workspace'.", '`keepwell resume --help`'],
      ['restart a b', 'Too many arguments', '`keepwell restart --help`'],
      ['retry a --timeout 5', 'ends in no', 'unused'],
      ['reconcile', "Missing required argument 'workspace'.", '`keepwell reconcile --help`'],
      ['hibernate', "Missing required argument 'workspace'.", '`keepwell hibernate --help`'],
      ['wake', "Missing required argument 'workspace'.", '`keepwell wake --help`'],
      ['plugins lst', "Unknown command 'lst'.", 'Did you mean ls?'],
      ['plugins add demo', "Missing required argument 'source'.", '`keepwell plugins add --help`'],
      [
        'plugins add demo a --restart maybe',
        'Allowed choices are never, auto, always',
        '`keepwell plugins add --help`',
      ],
      ['plugins rm demo', "Missing required argument 'plugin'.", '`keepwell plugins rm --help`'],
      ['plugins plan', "Missing required argument 'workspace'.", '`keepwell plugins plan --help`'],
      ['history a -n 0', 'It must be a whole number from 1 on.', '`keepwell history --help`'],
      ['events -n x', 'It must be a whole number from 1 on.', '`keepwell events --help`'],
      ['logs a -n -1', 'It must be a whole number up to 10000.', '`keepwell logs --help`'],
      ['config shwo', "Unknown command 'shwo'.", 'Did you mean show?'],
      ['config show --port x', 'The configuration has a problem.', '`keepwell config show --origin`'],
      ['up --prt 1', "Unknown option '--prt'.", 'Did you mean --port?'],
      ['up --host 0.0.0.0', 'The configuration has a problem.', '`keepwell config show --origin`'],
      ['agent', 'There is no command to run.', 'keepwell agent [options] -- <command...>'],
      ['agent -- true', 'It is not said whose agent this is.', 'KEEPWELL_WORKSPACE_ID'],
      ['agent --workspace w --health-url ftp://x -- true', 'not an http(s) URL', '`keepwell agent --help`'],
    ].filter(([, , hint]) => hint !== 'unused'),
  )('keepwell %s', async (line, error, hint) => {
    const { code, stdout, stderr } = await runCli(['--data', folder, ...line.split(' ')]);

    expect(told(stderr)).toEqual({
      error: expect.stringContaining(error),
      hint: expect.stringContaining(hint),
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

describe('what the supervisor answers', () => {
  let fake: FakeSupervisor;
  beforeEach(async () => {
    fake = await openFakeSupervisor();
  });
  afterEach(() => fake.close());

  it.each([
    [404, 'WORKSPACE_NOT_FOUND', 3],
    [410, 'WORKSPACE_REMOVED', 3],
    [404, 'ROUTE_NOT_FOUND', 1],
    [409, 'STATE_CONFLICT', 1],
    [400, 'BAD_REQUEST', 1],
    [503, 'NOT_READY', 1],
    [500, 'INTERNAL', 1],
  ])('%i %s ends with its sentence, its hint and %i', async (status, code, exitCode) => {
    const details = [{ path: 'plugins.0', message: 'is not a source' }];
    fake.answer('POST /workspaces/demo/restart', {
      status,
      body: { error: 'It said no.', code, hint: 'Ask.', details },
    });

    const plain = await runCli(['restart', 'demo', '--url', fake.url]);
    expect(plain).toMatchObject({
      code: exitCode,
      stdout: '',
      stderr: 'error: It said no.\n  - plugins.0: is not a source\nhint: Ask.\n',
    });
    const json = await runCli(['restart', 'demo', '--url', fake.url, '--json']);
    expect(json).toMatchObject({ code: exitCode, stdout: '' });
    expect(JSON.parse(json.stderr)).toEqual({ error: 'It said no.', code, hint: 'Ask.', details });
  });

  it('401 ends with 1 and says where a token is looked for', async () => {
    fake.answer('GET /workspaces', {
      status: 401,
      body: { error: 'No valid token.', code: 'UNAUTHORIZED', hint: 'x' },
    });

    const { code, stderr } = await runCli(['ls', '--url', fake.url]);
    expect(code).toBe(1);
    expect(told(stderr).hint).toMatch(/--token or KEEPWELL_ADMIN_TOKEN/);
  });

  it('something that is not Keepwell ends with 4', async () => {
    fake.answer('GET /workspaces', { status: 502, text: '<html>Bad gateway</html>' });

    const { code, stderr } = await runCli(['ls', '--url', fake.url]);
    expect(code).toBe(4);
    expect(told(stderr).error).toMatch(/is not Keepwell \(status 502\)/);
  });

  it('nobody there ends with 4 and says how to start it', async () => {
    await fake.down();

    const { code, stderr } = await runCli(['ls', '--url', fake.url]);
    expect(code).toBe(4);
    expect(told(stderr)).toEqual({
      error: expect.stringContaining('cannot be reached: connection refused.'),
      hint: expect.stringContaining('`keepwell up`'),
    });
  });
});
