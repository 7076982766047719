import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../cli/run-cli.ts';
import { behindItsBack } from '../store/support.ts';
import { ADMIN_TOKEN, createDataFolder, eventually, startProgram, stopAgents, tokenOf } from './program.ts';

const cleanUps: (() => unknown)[] = [];
afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

const filesOf = async (file: string): Promise<Map<string, string>> => {
  const files = new Map<string, string>();
  const tar = Readable.from([gunzipSync(readFileSync(file))]).pipe(extract());
  for await (const entry of tar)
    files.set(entry.header.name.replace('keepwell-debug/', ''), await text(entry));
  return files;
};

/** Each where it could get into a bundle. */
const PLANTED = {
  env: 'planted-env-51ee',
  secret: 'planted-secret-7d1f',
  global: 'planted-"quoted"\nsecond-line-c0de',
  gitToken: 'planted-git-token-f00d',
  metrics: 'planted-metrics-beef',
  notifyUrl: 'planted-notify-path-ace5',
  notifySecret: 'planted-notify-secret-1b2c',
  urlPassword: 'planted-url-password-92aa',
  urlQuery: 'planted-url-query-44dd',
  argument: 'planted-argument-88ff',
  pluginConfig: 'planted-plugin-config-3e3e',
  key: randomBytes(32).toString('base64'),
  // Known to nobody but the agent that prints it.
  github: `ghp_${'Planted0'.repeat(5)}`,
  bearer: 'planted.bearer.6a6a6a6a',
  password: 'planted-log-password-5c5c',
};
const formsOf = (value: string): string[] => [
  value,
  JSON.stringify(value).slice(1, -1),
  encodeURIComponent(value),
  Buffer.from(value).toString('base64').replaceAll('=', ''),
  Buffer.from(value).toString('hex'),
  ...value.split('\n'),
];

describe('keepwell debug bundle', () => {
  it('holds what explains an installation, and of no secret that was planted anywhere a trace', async () => {
    const folder = createDataFolder();
    const data = folder.path;
    cleanUps.push(folder.remove, () => stopAgents(data));
    writeFileSync(
      join(data, 'keepwell.yaml'),
      `metrics_token: ${PLANTED.metrics}
notify: [{ name: ops, kind: webhook, url: "https://127.0.0.1:1/${PLANTED.notifyUrl}", secret: ${PLANTED.notifySecret} }]
`,
      { mode: 0o600 },
    );
    const own = {
      KEEPWELL_SECRET_KEY: PLANTED.key,
      KEEPWELL_GIT_TOKEN__EXAMPLE_ORG: PLANTED.gitToken,
    };
    const program = await startProgram({ data, env: own });
    cleanUps.push(() => program.stop());
    const { api } = program;
    const set = await api.request('PUT', '/secrets', { values: { GLOBAL: PLANTED.global } });
    expect(set.status).toBeLessThan(300);
    const noisy = join(data, 'noisy.mjs');
    writeFileSync(
      noisy,
      `const { KEEPWELL_TOKEN, SETTING, OWN, GLOBAL } = process.env;
for (const line of ['hello from the agent', KEEPWELL_TOKEN, SETTING, OWN, GLOBAL, 'url=' + encodeURIComponent(OWN),
  ${JSON.stringify(`pushing with ${PLANTED.github}`)}, 'Authorization: Bearer ${PLANTED.bearer}',
  'password=${PLANTED.password}', 'cloning https://me:${PLANTED.urlPassword}@example.org/x?t=${PLANTED.urlQuery}'])
  console.log(line);
setInterval(() => {}, 1000);\n`,
    );
    const { id } = await api.post('/workspaces', {
      name: 'noisy',
      command: [process.execPath, noisy, `--key=${PLANTED.argument}`],
      env: { SETTING: PLANTED.env },
      secrets: { OWN: PLANTED.secret },
      plugins: [
        {
          source: `https://127.0.0.1:1/x.tgz#sha256=${'0'.repeat(64)}`,
          name: 'far',
          config: { token: PLANTED.pluginConfig },
        },
      ],
    });
    await eventually('the agent having printed all', async () =>
      (await api.request('GET', `/workspaces/${id}/logs?tail=50`)).body.includes('cloning'),
    );
    const token = tokenOf(data, id);
    expect(token).toMatch(/^kww_/);

    const out = mkdtempSync(join(tmpdir(), 'keepwell-bundle-'));
    cleanUps.push(() => rmSync(out, { recursive: true, force: true }));
    const bundle = (name: string, env: Record<string, string>) =>
      runCli(['debug', 'bundle', '--out', join(out, name), '--json'], {
        env: { KEEPWELL_DATA: data, KEEPWELL_ADMIN_TOKEN: ADMIN_TOKEN, ...env },
      });
    const made = await bundle('one.tar.gz', own);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(statSync(join(out, 'one.tar.gz')).mode & 0o777).toBe(0o600);
    const files = await filesOf(join(out, 'one.tar.gz'));
    expect([...files.keys()].toSorted()).toEqual(
      [
        'about.txt',
        'config.json',
        'database.json',
        'doctor.json',
        'health.json',
        'journal.json',
        `logs/${id}.log`,
        'metrics.txt',
        'supervisor.json',
        'version.json',
        'workspaces-live.json',
        'workspaces.json',
      ].toSorted(),
    );
    // What explains it is there.
    expect(files.get(`logs/${id}.log`)).toContain('hello from the agent');
    expect(files.get('metrics.txt')).toContain('# HELP');
    const read = (name: string) => JSON.parse(files.get(name) ?? '');
    expect(read('health.json')).toMatchObject({ ready: true });
    expect(read('supervisor.json')).toMatchObject({ store: { writable: true } });
    expect(read('workspaces.json')).toMatchObject([
      {
        id,
        spec: { name: 'noisy', env: ['SETTING'] },
        state: { context: { workspaceId: id } },
        why: { text: expect.any(String) },
      },
    ]);
    expect(read('journal.json').length).toBeGreaterThan(1);
    expect(read('database.json').tables).toContainEqual(
      expect.objectContaining({ name: 'workspaces', rows: 1, bytes: expect.any(Number) }),
    );
    expect(read('doctor.json')).toContainEqual(expect.objectContaining({ id: 'database', verdict: 'ok' }));
    // And nothing else.
    const found = (bundled: Map<string, string>) =>
      Object.entries({ ...PLANTED, token, admin: ADMIN_TOKEN }).flatMap(([what, value]) =>
        [...bundled]
          .filter(([, content]) => formsOf(value).some((form) => content.includes(form)))
          .map(([name]) => `${what} in ${name}`),
      );
    expect(found(files)).toEqual([]);
    // The same search finds them where they are.
    const log = readFileSync(join(data, 'workspaces', id, 'logs', 'agent.log'), 'utf8');
    expect(found(new Map([['agent.log', log]])).length).toBeGreaterThanOrEqual(9);

    expect(await bundle('one.tar.gz', own)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('FILE_EXISTS'),
    });
    // Without the key nobody knows what to look for in logs.
    expect(await bundle('two.tar.gz', {})).toMatchObject({ code: 0 });
    const keyless = await filesOf(join(out, 'two.tar.gz'));
    expect(keyless.has(`logs/${id}.log`)).toBe(false);
    expect(keyless.get('about.txt')).toContain('Logs are left out');
    expect(found(keyless)).toEqual([]);

    await program.stop();
    // No plugin can be declared like this any more; what is in a database may be older than that.
    behindItsBack(join(data, 'keepwell.db'), (db) =>
      db
        .prepare("UPDATE workspaces SET spec = replace(spec, 'https://127.0.0.1:1/x.tgz', ?)")
        .run(`https://me:${PLANTED.urlPassword}@127.0.0.1:1/x.tgz?sig=${PLANTED.urlQuery}`),
    );
    expect(await bundle('three.tar.gz', own)).toMatchObject({ code: 0 });
    const stopped = await filesOf(join(out, 'three.tar.gz'));
    expect(stopped.has('health.json')).toBe(false);
    expect(stopped.get('workspaces.json')).toContain('127.0.0.1:1/x.tgz?‹redacted›');
    expect(stopped.get(`logs/${id}.log`)).toContain('hello from the agent');
    expect(found(stopped)).toEqual([]);
  });
});
