import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../machines/workspace/policy.ts';
import {
  agentEnvironment,
  clientConfig,
  inheritedEnvironment,
  listSettings,
  loadConfig,
} from '../src/config.ts';
import type { ConfigProblem } from '../src/config-sources.ts';
import { KeepwellError } from '../src/errors.ts';
import { gitTokenName } from '../src/git-token-name.ts';

/** Files by path; every other one is not there. */
const files = (contents: Record<string, string>) => (path: string) => contents[path] ?? null;

const load = (sources: {
  flags?: Record<string, string | boolean>;
  env?: Record<string, string>;
  yaml?: string;
  more?: Record<string, string>;
}) =>
  loadConfig({
    flags: { data: '/data', ...sources.flags },
    env: sources.env ?? {},
    readFile: files({
      ...(sources.yaml === undefined ? {} : { '/data/keepwell.yaml': sources.yaml }),
      ...sources.more,
    }),
  });

const problemsOf = (sources: Parameters<typeof load>[0]): ConfigProblem[] => {
  try {
    load(sources);
  } catch (error) {
    if (error instanceof KeepwellError && error.code === 'CONFIG_INVALID')
      return error.details as ConfigProblem[];
    throw error;
  }
  throw new Error('The configuration was accepted.');
};

describe('the configuration', () => {
  it('is complete without anything being said', () => {
    const config = loadConfig({ env: { PATH: '/bin' }, readFile: files({}) });

    expect(config).toMatchObject({
      data: resolve(import.meta.dirname, '../data'),
      host: '127.0.0.1',
      port: 7420,
      allowRemote: false,
      adminToken: null,
      logLevel: 'info',
      enrolment: 'closed',
      beatIntervalMs: 30_000,
      journalCap: 10_000,
      beatHistoryCap: 43_200,
      pluginFetchWithinMs: 300_000,
      agentPath: '/bin',
      policy: DEFAULT_POLICY,
    });
  });

  it('takes the flag over the variable, the variable over the file, the file over the default', () => {
    const yaml = 'port: 1\nbeat_interval: 1s\njournal_cap: 111';
    const env = { KEEPWELL_PORT: '2', KEEPWELL_BEAT_INTERVAL: '2s' };

    expect(load({ flags: { port: '3' }, env, yaml })).toMatchObject({
      port: 3,
      beatIntervalMs: 2_000,
      journalCap: 111,
      logLevel: 'info',
    });
  });

  it('says of each value where it came from', () => {
    const { shown } = load({
      flags: { port: '3' },
      env: { KEEPWELL_BEAT_INTERVAL: '90s' },
      yaml: 'journal_cap: 111',
    });

    const origins = Object.fromEntries(shown.map(({ key, value, origin }) => [key, `${value} ${origin}`]));
    expect(origins).toMatchObject({
      port: '3 --port',
      beat_interval: '90s KEEPWELL_BEAT_INTERVAL',
      journal_cap: '111 keepwell.yaml',
      offline_after: '3m default',
    });
  });

  it('finds keepwell.yaml in the data folder that a variable names', () => {
    const config = loadConfig({
      env: { KEEPWELL_DATA: '/elsewhere' },
      readFile: files({ '/elsewhere/keepwell.yaml': 'port: 9' }),
    });

    expect(config).toMatchObject({ data: '/elsewhere', port: 9 });
  });

  it('sets every number by which workspaces are judged', () => {
    const { policy } = load({
      yaml: 'offline_after: 2s\nrestart_budget: 0\ndegraded_at: 0.25',
      env: { KEEPWELL_PLUGIN_RETRY_SLOW: '1h' },
    });

    expect(policy).toEqual({
      ...DEFAULT_POLICY,
      offlineAfterMs: 2_000,
      restartBudget: 0,
      degradedAt: 0.25,
      pluginRetrySlowMs: 3_600_000,
    });
  });

  it('has a name, a meaning and a readable default for every setting', () => {
    for (const { key, setting } of listSettings()) {
      expect(key).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(setting.doc).toMatch(/^[A-Z].*\.$/);
      expect(setting.kind.show(setting.fallback)).not.toBe('');
    }
  });

  it('counts an empty variable as unset', () => {
    expect(load({ env: { KEEPWELL_PORT: '' } }).port).toBe(7420);
  });

  it('takes an empty or absent file for one that says nothing', () => {
    expect(load({ yaml: '# nothing here\n' }).port).toBe(7420);
  });
});

describe('a secret', () => {
  it.each([
    ['a variable', { env: { KEEPWELL_ADMIN_TOKEN: 's3cret' } }],
    ['the file that a variable names', { env: { KEEPWELL_ADMIN_TOKEN_FILE: '/run/t' } }],
    ['the file that a flag names', { flags: { admin_token_file: '/run/t' } }],
    ['keepwell.yaml', { yaml: 'admin_token: s3cret' }],
    ['the file that keepwell.yaml names', { yaml: 'admin_token_file: /run/t' }],
  ])('is read from %s and never shown', (_, sources) => {
    const config = load({ ...sources, more: { '/run/t': 's3cret\n' } });

    expect(config.adminToken).toBe('s3cret');
    expect(JSON.stringify(config.shown)).not.toContain('s3cret');
  });

  it('is refused when its file is not there, and when it is given twice', () => {
    expect(problemsOf({ env: { KEEPWELL_ADMIN_TOKEN_FILE: '/run/t' } })).toMatchObject([
      { key: 'admin_token', message: expect.stringContaining('/run/t has nothing to read') },
    ]);
    const twice = { KEEPWELL_ADMIN_TOKEN: 'hidden', KEEPWELL_ADMIN_TOKEN_FILE: '/run/t' };
    expect(problemsOf({ env: twice, more: { '/run/t': 'hidden' } })).toMatchObject([
      { message: 'admin_token is given twice' },
    ]);
    expect(JSON.stringify(problemsOf({ env: twice, more: { '/run/t': 'hidden' } }))).not.toContain('hidden');
  });
});

describe('a wrong configuration', () => {
  it('is refused with every problem at once', () => {
    const problems = problemsOf({
      flags: { port: '99999' },
      env: { KEEPWELL_LOG_LEVEL: 'loud', KEEPWELL_PROT: '1' },
      yaml: 'offline_after: soon\nbeat_intervall: 1s',
    });

    expect(problems.map(({ origin, message }) => `${origin}: ${message}`).sort()).toEqual([
      '--port: "99999" is not a whole number from 0 to 65535',
      'KEEPWELL_LOG_LEVEL: "loud" is not one of trace, debug, info, warn, error, fatal, silent',
      'KEEPWELL_PROT: is not a known setting; did you mean KEEPWELL_PORT?',
      'keepwell.yaml: "soon" is not a duration like 30s, 12m or 1h',
      'keepwell.yaml: is not a known setting; did you mean beat_interval?',
    ]);
  });

  it.each([
    ['port: 1.5', 'is not a whole number'],
    ['beat_interval: 30', 'is not a duration'],
    ['offline_after: 0s', 'is not a duration of at least'],
    ['allow_remote: perhaps', 'is not true or false'],
    ['degraded_at: 2', 'is not a number from 0 to 1'],
    ['enrolment: ajar', 'is not one of closed, open'],
    ['recovered_below: 0.9', 'is above degraded_at'],
    ['restart_backoff: 1h', 'is longer than restart_backoff_max'],
    ['data: /other', 'cannot be set in the file that it leads to'],
    ['- a\n- b', 'is not a list of `key: value` lines'],
    ['a: [', 'cannot be read'],
    ['nonsense_that_nobody_knows: 1', 'is not a known setting'],
  ])('such as `%s` says that it %s', (yaml, message) => {
    expect(problemsOf({ yaml })).toMatchObject([{ message: expect.stringContaining(message) }]);
  });

  it('refuses an address that others can reach, until that is allowed', () => {
    expect(problemsOf({ flags: { host: '0.0.0.0' } })).toMatchObject([{ key: 'host', origin: '--host' }]);
    expect(load({ flags: { host: '0.0.0.0', allow_remote: true } }).host).toBe('0.0.0.0');
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
      expect(load({ flags: { host } }).host).toBe(host);
    }
  });

  it('does not mind the variables that agents are given', () => {
    const env = {
      KEEPWELL_URL: 'http://127.0.0.1:1',
      KEEPWELL_WORKSPACE_ID: 'x',
      KEEPWELL_TOKEN: 'x',
      KEEPWELL_INCARNATION: '1',
      KEEPWELL_PLUGINS_DIR: '/p',
      KEEPWELL_INSTANCE: 'x',
      KEEPWELL_AGENT_ANYTHING: 'x',
    };

    expect(load({ env }).port).toBe(7420);
  });
});

describe('the command line', () => {
  const find = (env: Record<string, string>, contents: Record<string, string> = {}, flags = {}) =>
    clientConfig(env, { data: '/data', ...flags }, files(contents));

  it('finds a running supervisor and its token in the data folder by itself', () => {
    const contents = {
      [join('/data', 'server.json')]: '{"url":"http://127.0.0.1:5555","pid":1}',
      [join('/data', 'admin-token')]: 'from-folder\n',
    };

    expect(find({}, contents)).toMatchObject({ url: 'http://127.0.0.1:5555', token: 'from-folder' });
  });

  it('falls back to the configured address, then to the default one', () => {
    expect(find({}, { '/data/keepwell.yaml': 'port: 9000' }).url).toBe('http://127.0.0.1:9000');
    expect(find({ KEEPWELL_HOST: '::1', KEEPWELL_PORT: '9001' }).url).toBe('http://[::1]:9001');
    expect(find({}, { '/data/keepwell.yaml': 'porrt: 9000' }).url).toBe('http://127.0.0.1:7420');
    expect(find({}, { '/data/server.json': 'half a fi' }).url).toBe('http://127.0.0.1:7420');
  });

  it('takes a flag over a variable over what lies in the data folder', () => {
    const contents = {
      '/data/server.json': '{"url":"http://folder"}',
      '/data/admin-token': 'folder',
      '/t': 'file',
    };
    const agent = { KEEPWELL_URL: 'http://variable/', KEEPWELL_TOKEN: 'agent' };

    expect(find(agent, contents)).toMatchObject({ url: 'http://variable', token: 'agent' });
    expect(find({ ...agent, KEEPWELL_ADMIN_TOKEN_FILE: '/t' }, contents).token).toBe('file');
    expect(find({ ...agent, KEEPWELL_ADMIN_TOKEN: 'admin' }, contents).token).toBe('admin');
    expect(find(agent, contents, { url: 'http://flag', token: 'flag' })).toMatchObject({
      url: 'http://flag',
      token: 'flag',
    });
  });

  it('has no token when there is none', () => {
    expect(find({}).token).toBeNull();
  });
});

describe('an agent', () => {
  it('finds itself by our names, or by those that other runtimes use', () => {
    expect(
      agentEnvironment({ KEEPWELL_URL: 'http://k', KEEPWELL_WORKSPACE_ID: 'w', KEEPWELL_INCARNATION: '4' }),
    ).toMatchObject({ url: 'http://k', workspaceId: 'w', incarnation: 4, token: null });
    expect(
      agentEnvironment({ PLATFORM_URL: 'http://p', WORKSPACE_ID: 'v', WORKSPACE_CONFIG_PATH: '/configs' }),
    ).toMatchObject({
      url: 'http://p',
      workspaceId: 'v',
      incarnation: null,
      tokenFile: '/configs/.auth_token',
    });
  });
});

describe('the tokens of git hosts', () => {
  const GITHUB = 'KEEPWELL_GIT_TOKEN__GITHUB_COM';
  const HOME = 'KEEPWELL_GIT_TOKEN__GIT_HOME_ARPA_3000';

  it('come from a variable per host, or from the file that one names', () => {
    const env = { [GITHUB]: ' ghp_hush ', [`${HOME}_FILE`]: '/run/token' };
    const { gitTokens } = load({ env, more: { '/run/token': 'of-home\n' } });
    expect(gitTokens).toEqual({ [GITHUB]: 'ghp_hush', [HOME]: 'of-home' });
    expect(gitTokens[gitTokenName('github.com')]).toBe('ghp_hush');
    expect(gitTokens[gitTokenName('git.home.arpa:3000')]).toBe('of-home');
    expect(load({}).gitTokens).toEqual({});
    expect(load({ env: { [GITHUB]: '' } }).gitTokens).toEqual({});
  });

  it('are never shown, and no agent inherits them', () => {
    const env = { [GITHUB]: 'ghp_hush', [`${HOME}_FILE`]: '/run/token' };
    const config = load({ env, more: { '/run/token': 'of-home' } });
    expect(JSON.stringify(config.shown)).not.toMatch(/hush|of-home|GIT_TOKEN/);
    expect(inheritedEnvironment(null, env)).toEqual({});
  });

  it.each([
    [{ [GITHUB]: 'hu sh' }, {}, 'is not a token'],
    [{ [GITHUB]: 'hush\nx' }, {}, 'is not a token'],
    [{ [GITHUB]: '   ' }, {}, 'is empty'],
    [{ [`${GITHUB}_FILE`]: '/run/token' }, {}, 'nothing to read'],
    [{ [GITHUB]: 'hush', [`${GITHUB}_FILE`]: '/run/token' }, { '/run/token': 'hush' }, 'given twice'],
    [{ 'KEEPWELL_GIT_TOKEN__github.com': 'hush' }, {}, 'not a known setting'],
    [{ KEEPWELL_GIT_TOKEN__: 'hush' }, {}, 'not a known setting'],
  ])('are refused as %j, without being repeated', (env, more, message) => {
    const problems = problemsOf({ env, more });
    expect(problems).toMatchObject([{ message: expect.stringContaining(message) }]);
    expect(JSON.stringify(problems)).not.toMatch(/hu ?sh/);
  });
});
