import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Answer,
  createDataFolder,
  eventually,
  keepwell,
  type Program,
  startProgram,
  stopAgents,
} from './program.ts';

let data: ReturnType<typeof createDataFolder>;
let program: Program;
let fleet: string;

beforeEach(async () => {
  data = createDataFolder();
  fleet = join(data.path, 'fleet');
  mkdirSync(fleet);
  program = await startProgram({ data: data.path });
});

afterEach(async () => {
  await program.kill9();
  stopAgents(data.path);
  data.remove();
});

const write = (name: string, text: string) => writeFileSync(join(fleet, name), text);
const apply = (...args: string[]) => keepwell(data.path, ['apply', '-f', fleet, ...args]);
const names = async (): Promise<string[]> =>
  (await program.api.get('/workspaces?limit=1000')).items.map(({ name }: Answer) => name);

describe('a folder of workspaces', () => {
  it('is applied three-way: what it says is so, what was added by hand stays, what it dropped goes', async () => {
    write('web.yaml', 'name: web\nexternal: true\nrole: shop\nenv: { A: "1", B: "1" }\nplugins: [seo-all]\n');
    write('more.yml', '- name: box\n  external: true\n---\nname: crate\nexternal: true\n');
    expect((await apply()).stdout).toMatch(/3 workspaces applied\n$/);
    await program.api.request('PATCH', '/workspaces/web', { env: { HAND: '1' }, tier: 3 });

    write('web.yaml', 'name: web\nexternal: true\nenv: { A: "2" }\nplugins: [seo-all]\n');
    write('more.yml', 'name: box\nexternal: true\n');
    const { stdout, code } = await apply();
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /role: shop → –\n[^]*env\.A: 1 → 2\n[^]*env\.B: 1 → –\n[^]*crate {2}remove {2}.*prune/,
      ),
    ]);
    const { spec } = await program.api.view('web');
    expect(spec).toMatchObject({ role: null, tier: 3, env: { A: '2', HAND: '1' } });
    expect(await names()).toEqual(['box', 'crate', 'web']);
  });

  it('loses what it no longer holds, and what was added by hand, with --prune, and nothing else', async () => {
    await program.api.post('/workspaces', { name: 'by-hand', external: true });
    write('a.yaml', '- name: a\n  external: true\n- name: b\n  external: true\n');
    await apply();
    await program.api.request('PATCH', '/workspaces/a', { env: { HAND: '1' } });
    write('a.yaml', 'name: a\nexternal: true\n');
    const planned = await apply('--prune', '--dry-run');
    expect(planned.stdout).toContain('env.HAND: 1 → –');
    expect(await names()).toEqual(['a', 'b', 'by-hand']);
    expect((await apply('--prune', '--yes')).stdout).toContain('1 workspace removed');
    expect((await program.api.view('a')).spec.env).toEqual({});
    expect(await names()).toEqual(['a', 'by-hand']);
  });

  it('is remembered by a supervisor that was killed', async () => {
    write('a.yaml', '- name: a\n  external: true\n  env: { A: "1" }\n- name: b\n  external: true\n');
    await apply();
    await program.kill9();
    program = await startProgram({ data: data.path });
    write('a.yaml', 'name: a\nexternal: true\n');
    await apply('--prune', '--yes');
    expect(await names()).toEqual(['a']);
    expect((await program.api.view('a')).spec.env).toEqual({});
  });

  it('is finished by the same apply when the supervisor was killed in the middle of one', async () => {
    const documents = Array.from({ length: 400 }, (_, index) => ({ name: `w-${index}`, external: true }));
    write('all.json', JSON.stringify(documents));
    const cut = program.api.request('POST', '/apply', { set: 'fleet', documents }).catch(() => null);
    await eventually('the first of them', async () => (await names()).length > 0);
    await program.kill9();
    await cut;
    program = await startProgram({ data: data.path });
    const before = (await names()).length;
    expect(before).toBeLessThan(400);
    const { code, stdout } = await apply();
    expect([code, stdout.split('\n').at(-2)]).toEqual([0, `${400 - before} workspaces applied`]);
    expect(await names()).toHaveLength(400);
    expect((await apply()).stdout).toMatch(/Nothing to do\.\n$/);
  });
});

describe('secrets in files', () => {
  const document = (value: string) =>
    `name: demo\ncommand: [sleep, "600"]\nsidecar: true\nrequired_env: [API_KEY]\nsecrets: { API_KEY: ${value} }\n`;

  it('reach the agent, restart it only when they change, and are nowhere in the data', async () => {
    const [first, second] = ['sekrit-one-5f1d', 'sekrit-two-77ab'];
    write('demo.yaml', document(first));
    const created = await apply('--wait');
    expect(created.code).toBe(0);
    const { incarnation } = await program.api.view('demo');
    expect((await apply()).stdout).toMatch(/may restart the agent: the secret API_KEY[^]*Nothing to do\.\n$/);
    expect((await program.api.view('demo')).incarnation).toBe(incarnation);
    write('demo.yaml', document(second));
    expect((await apply('--wait')).stdout).toContain('1 workspace applied');
    expect((await program.api.view('demo')).incarnation).toBe(incarnation + 1);
    rmSync(fleet, { recursive: true });
    const grep = spawnSync('grep', ['-rlaE', `${first}|${second}`, data.path], { encoding: 'utf8' });
    expect([grep.stdout, grep.status]).toEqual(['', 1]);
  });
});

describe('a plan', () => {
  it('of a running workspace says what its plugins come to, whether it restarts, and why', async () => {
    write('demo.yaml', 'name: demo\ntemplate: seo-agent\n');
    expect((await apply('--wait')).code).toBe(0);
    expect((await keepwell(data.path, ['plan', 'demo'])).stdout).toContain('All plugins are in place');
    const { incarnation } = await program.api.view('demo');

    write('demo.yaml', 'name: demo\ntemplate: seo-agent\nenv: { MODE: fast }\n');
    const changed = await keepwell(data.path, ['plan', '-f', fleet]);
    expect(changed.stdout).toContain('restarts the agent: its environment changes (MODE)');
    write('demo.yaml', 'name: demo\ncommand: [sleep, "600"]\nallow_empty: true\n');
    expect((await keepwell(data.path, ['plan', '-f', fleet])).stdout).toContain(
      'remove plugin seo-all: no longer declared',
    );
    expect((await program.api.view('demo')).incarnation).toBe(incarnation);

    rmSync(join(data.path, 'registry/seo-all/rules'), { recursive: true });
    const moved = await keepwell(data.path, ['plan', 'demo', '--refresh']);
    expect(moved.stdout).toMatch(
      /^update plugin seo-all to [0-9a-f]{12}: its reference moved\nmay restart the agent: /,
    );
  });
});

describe('files that are wrong', () => {
  it('are refused with every problem, its file and its line, and nothing is changed', async () => {
    write('1.yaml', 'name: good\nexternal: true\n');
    write('2.yaml', 'name: bad\nexternal: true\ntier: 9\nplugin: []\n');
    write('3.yaml', 'name: lost\ntemplate: nowhere\n');
    const { code, stderr } = await apply();
    expect(code).toBe(1);
    expect(stderr).toContain(`${join(fleet, '2.yaml')}:3, bad: \`tier\``);
    expect(stderr).toContain(
      `${join(fleet, '2.yaml')}:4, bad: \`plugin\` is not known here; did you mean \`plugins\`?`,
    );
    expect(stderr).toContain(
      `${join(fleet, '3.yaml')}:2, lost: \`template\` There is no template named "nowhere".`,
    );
    expect(await names()).toEqual([]);
  });
});
