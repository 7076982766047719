import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copySources, ENV, pack, run } from './pack.ts';
import { eventually, freePort, REPO, stopAgents } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'keepwell-package-'));
const home = join(folder, 'home');
const data = join(home, 'data');
const installed = join(home, 'node_modules', 'keepwell');
const manifest = readFileSync(join(REPO, 'package.json'), 'utf8');
let tarball: string;
let packedOf: string;
let packed: string[];

/** The program as npm links it. */
const keepwell = (...args: string[]): Promise<string> =>
  run(home, join(home, 'node_modules', '.bin', 'keepwell'), ...args);

beforeAll(async () => {
  packedOf = copySources(folder);
  // As a `npm pack` leaves it that was killed, with what an older build had.
  await run(packedOf, process.execPath, 'src/pack-manifest.ts');
  mkdirSync(join(packedOf, 'dist', 'src'), { recursive: true });
  writeFileSync(join(packedOf, 'dist', 'src', 'renamed-since.js'), '');
  tarball = await pack(packedOf, folder);
  packed = (await run(folder, 'tar', '-tzf', tarball)).trim().split('\n');
  mkdirSync(home);
  await run(home, 'npm', 'install', tarball, '--no-audit', '--no-fund', '--prefer-offline');
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

describe('packing', () => {
  it('leaves package.json as it was, also when the packing before was killed', () => {
    expect(readFileSync(join(packedOf, 'package.json'), 'utf8')).toBe(manifest);
  });

  it('takes the program, its page, its samples and what it says of itself, and nothing else', () => {
    const outside = packed.filter((name) => !name.startsWith('package/dist/'));
    expect(outside.filter((name) => !name.startsWith('package/data/')).toSorted()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'].map((name) => `package/${name}`),
    );
    const samples = [...new Set(outside.map((name) => /^package\/data\/([^/]+)/.exec(name)?.[1]))];
    expect(samples.filter((name) => name !== undefined).toSorted()).toEqual([
      'README.md',
      'grafana',
      'registry',
      'templates',
    ]);
    expect(packed).toContain('package/dist/ui/index.html');
    expect(packed.filter((name) => /(?<!\.d)\.tsx?$|\.test\.|\/test\/|renamed-since/.test(name))).toEqual([]);
  });

  it('satisfies publint, suggestions included', async () => {
    const { buffer } = new Uint8Array(readFileSync(tarball));
    const { messages } = await publint({ pack: { tarball: buffer }, level: 'suggestion' });
    expect(messages).toEqual([]);
  });

  it('has types that are right for everyone who can import an ES module', async () => {
    const checked = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
    if (checked.types === false) throw new Error('there are no types in it');
    const entries = Object.keys(JSON.parse(manifest).exports as object);
    expect(Object.keys(checked.entrypoints).toSorted()).toEqual(entries.toSorted());
    // A package of ES modules promises nothing to `require` of old, or to resolution without `exports`.
    const problems = checked.problems.filter(
      (problem) => !('resolutionKind' in problem) || !/^node(10|16-cjs)$/.test(problem.resolutionKind),
    );
    expect(problems).toEqual([]);
  });
});

describe('the installed package', () => {
  it.each(['nodenext', 'bundler'])('gives TypeScript its types under %s resolution', async (resolution) => {
    const place = join(home, resolution);
    mkdirSync(place);
    const exports = Object.keys(JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')).exports);
    const modules = exports.filter((name) => name !== './package.json');
    const code = modules.map((name, at) => `export * as part${at} from 'keepwell${name.slice(1)}';`);
    code.push(
      "import { generatePaths } from 'keepwell/testing';",
      "import { workspaceMachine } from 'keepwell/machines/workspace';",
      "export const titles: string[] = generatePaths(workspaceMachine, { strategy: 'shortest' }).paths.map(({ title }) => title);",
      '// @ts-expect-error It is a list, and not a number: these are types, and not `any`.',
      'export const wrong: number = titles;',
      '// @ts-expect-error There is no such strategy.',
      "generatePaths(workspaceMachine, { strategy: 'none' });",
    );
    writeFileSync(join(place, 'consumer.ts'), code.join('\n'));
    const compilerOptions = {
      module: resolution === 'nodenext' ? 'nodenext' : 'esnext',
      moduleResolution: resolution,
      target: 'es2024',
      lib: ['es2024', 'dom'],
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      types: [],
    };
    writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
    await run(place, join(REPO, 'node_modules', '.bin', 'tsc'), '-p', place).catch((error) =>
      expect.fail(`${error.stdout}`),
    );
  });

  it('runs the example of its testing library', async () => {
    const text = readFileSync(join(REPO, 'src', 'testing', 'README.md'), 'utf8');
    const example = /```ts\n([\s\S]*?)```/.exec(text)?.[1] as string;
    writeFileSync(join(home, 'example.ts'), example);
    const said = example.match(/^\/\/ .*$/gm) as string[];
    expect(said.length).toBeGreaterThan(0);
    const printed = (await run(home, process.execPath, 'example.ts')).trim().split('\n');
    expect(printed).toEqual(said.map((line) => line.slice(3)));
  });

  it('does without a supervisor what needs none: completion, manual page, unit, paths, simulation', async () => {
    expect(await keepwell('--version')).toContain(JSON.parse(manifest).version);
    expect(await keepwell('completion', 'bash')).toContain('complete ');
    expect(await keepwell('man')).toMatch(/^\.TH KEEPWELL/m);
    const unit = await keepwell('service', 'install', '--user', '--print');
    const [node = '', script = ''] = (/^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '').split(' ');
    expect([existsSync(node), existsSync(script)]).toEqual([true, true]);
    expect(script).toMatch(/\/node_modules\/keepwell\/dist\/src\/cli\/keepwell\.js$/);

    const paths = JSON.parse(await keepwell('machine', 'paths', 'workspace', '--format', 'json'));
    expect(paths.paths.length).toBeGreaterThan(50);
    writeFileSync(
      join(home, 'door.machine.ts'),
      `import { createMachine } from 'xstate';
       type Door = 'open' | 'closed';
       const first: Door = 'closed';
       export const door = createMachine({
         id: 'door', initial: first,
         states: { closed: { on: { pushed: 'open' } }, open: { on: { pulled: 'closed' } } },
       });`,
    );
    const own = JSON.parse(await keepwell('machine', 'paths', './door.machine.ts', '--format', 'json'));
    expect(own.paths).not.toHaveLength(0);

    const simulated = await keepwell('simulate', '--seeds', '1..3', '--hours', '1', '--jobs', '2', '--json');
    expect(JSON.parse(simulated)).toMatchObject({ story: null });
  });

  describe('in an empty folder', () => {
    let program: ChildProcess;
    let url: string;

    beforeAll(async () => {
      const port = await freePort();
      url = `http://127.0.0.1:${port}`;
      program = spawn('npx', ['keepwell', 'up', '--port', String(port)], {
        cwd: home,
        env: ENV,
        stdio: 'ignore',
      });
      await eventually('the supervisor being ready', async () => (await fetch(`${url}/readyz`)).ok);
    });

    afterAll(async () => {
      const gone = once(program, 'exit');
      process.kill(Number(readFileSync(join(data, 'keepwell.lock.pid'), 'utf8')), 'SIGTERM');
      await gone;
      stopAgents(data);
    });

    it('starts with the samples of a checkout, and serves its page', async () => {
      const of = (root: string) =>
        ['templates', 'registry'].map((name) =>
          readdirSync(join(root, name), { recursive: true, encoding: 'utf8' }).toSorted(),
        );
      expect(of(data)).toEqual(of(join(REPO, 'data')));
      const page = await fetch(url);
      expect(page.headers.get('content-type')).toContain('text/html');
      const script = /src="([^"]+\.js)"/.exec(await page.text())?.[1] as string;
      expect((await fetch(new URL(script, url))).status).toBe(200);
    });

    it('brings workspaces online, with a template, and with the sidecar around any program', async () => {
      await keepwell('create', 'demo', '--template', 'seo-agent', '--wait');
      await keepwell('create', 'any', '--sidecar', '--wait', '--', 'sleep', '600');
      const listed = await keepwell('ls');
      expect(listed).toMatch(/demo.*online/);
      expect(listed).toMatch(/any.*online/);
    });

    it('draws a machine, which takes a worker of its own', async () => {
      expect(await keepwell('machine', 'workspace', '--format', 'svg')).toContain('<svg');
    });

    it('makes and verifies a backup, and finds nothing wrong with itself', async () => {
      const file = join(home, 'all.backup');
      await keepwell('backup', 'create', file);
      await keepwell('backup', 'verify', file);
      const { problems, findings } = JSON.parse(await keepwell('doctor', '--json'));
      expect(findings).not.toHaveLength(0);
      expect(problems).toBe(0);
    });
  });
});
