import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pLimit from 'p-limit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/plugins/limits.ts';
import { hashTree } from '../../src/plugins/tree/hash-tree.ts';
import { treeFolder } from '../../src/plugins/tree-store.ts';
import { openCache } from './support/caches.ts';
import type { Answer, Task, Work } from './support/faulty-disk-process.ts';
import { createRepository } from './support/git-repository.ts';
import { rawTgz } from './support/raw-tar.ts';
import { never, scratch, write } from './support/scratch.ts';
import { dataFolder, openSets, WORKSPACE } from './support/workspaces.ts';

/** Whatever is being done to plugins, and whichever change of the disk is its last: killed there, or told it is full. */

const PROGRAM = new URL('support/faulty-disk-process.ts', import.meta.url).pathname;

/** Programs that may be given a task; what broke off one is not trusted with another. */
const createPrograms = () => {
  const idle: ReturnType<typeof open>[] = [];
  const open = () => {
    const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return { child, answers };
  };
  onTestFinished(() => {
    for (const { child } of idle) child.stdin.end();
  });
  return async (task: Task): Promise<Answer | 'killed'> => {
    const program = idle.pop() ?? open();
    program.child.stdin.write(`${JSON.stringify(task)}\n`);
    const { value, done } = await program.answers.next();
    if (done === true) return 'killed';
    const answer = JSON.parse(value) as Answer;
    if (answer.error === null) idle.push(program);
    else program.child.kill('SIGKILL');
    return answer;
  };
};

/** A workspace with two sets, the newer one in force, and in the cache a plugin that nobody needs. */
const prepare = async (): Promise<string> => {
  const { home, install, cache } = await dataFolder();
  await install('alpha', 'gamma');
  await install('alpha');
  await write(join(home, 'registry', 'unused'), { 'tool.py': 'unused\n' });
  await cache.fetch({ name: 'unused', source: 'local://unused' }, null, never);
  return home;
};

/** What must be so after whatever happened: everything that can be seen is whole. */
const expectWhole = async (home: string) => {
  const installed = await openSets(home).installed(WORKSPACE);
  for (const { name, treeHash, actualHash } of installed.plugins)
    expect([name, actualHash]).toEqual([name, treeHash]);
  const cache = join(home, 'cache');
  const trees = (await readdir(join(cache, 'trees'))).filter((name) => /^[0-9a-f]{64}$/.test(name));
  for (const hash of trees) {
    const actual = await hashTree(treeFolder(cache, hash), { limits: DEFAULT_LIMITS, signal: never });
    expect(actual.treeHash).toBe(hash);
  }
  return installed.plugins.map(({ name }) => name).join(' ');
};

/** Half-done things go as soon as somebody works there again. */
const expectTidy = async (home: string) => {
  openCache(home);
  expect(await readdir(join(home, 'cache', 'staging'))).toEqual([]);
  const beside = await readdir(join(home, 'workspaces', WORKSPACE, 'configs', '.plugins'));
  expect(beside.filter((name) => !/^\d+(\.json)?$/.test(name))).toEqual([]);
};

/**
 * Every place has its turn within six days: each costs two programs, and there are hundreds.
 * `KEEPWELL_FAULTS=all` tries them all.
 */
const isOfThisRun = (place: number): boolean =>
  process.env.KEEPWELL_FAULTS === 'all' || (place + Math.floor(Date.now() / 86_400_000)) % 6 === 0;

const WORKS: [Work, before: string, after: string][] = [
  ['fetch', 'alpha', 'alpha'],
  ['git', 'alpha', 'alpha'],
  ['switch', 'alpha', 'beta alpha'],
  ['rollback', 'alpha', 'alpha gamma'],
  ['garbage', 'alpha', 'alpha'],
];

const serveArchive = async (): Promise<string> => {
  const bytes = rawTgz([
    { name: 'plugin.yaml', content: 'name: new\n' },
    { name: 'lib/tool.py', content: 'new\n' },
  ]);
  const server = createServer((_request, response) => void response.end(bytes)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}/new.tgz#sha256=${createHash('sha256').update(bytes).digest('hex')}`;
};

/** As the works want them: what is fetched from the web, and out of a repository. */
const sourceFor = async (work: Work): Promise<string> => {
  if (work !== 'git') return serveArchive();
  const repo = await createRepository(join(await scratch(), 'repo'));
  await repo.commit({ 'plugin.yaml': 'name: new\n', 'lib/tool.py': 'new\n' });
  return `${repo.url}#main`;
};

describe.each(['kill', 'full'] as const)('at every change of the disk: %s', (fault) => {
  it.each(WORKS)(
    'a %s leaves what was there or what was to be, and is finished by the next',
    { timeout: 180_000 },
    async (work, before, after) => {
      const source = await sourceFor(work);
      const prepared = await prepare();
      const copy = async () => {
        const home = await mkdtemp(join(tmpdir(), 'keepwell-faults-'));
        onTestFinished(() => rm(home, { recursive: true, force: true }));
        await cp(prepared, home, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
        return home;
      };
      const run = createPrograms();
      const whole = { work, source, fault: 'none', at: 0 } as const;
      const { changes } = (await run({ ...whole, home: await copy() })) as Answer;
      expect(changes).toBeGreaterThanOrEqual(3);
      const tryAt = async (at: number) => {
        const home = await copy();
        const broken = await run({ ...whole, home, fault, at });
        const place = `${work}, ${fault} at change ${at}`;
        if (fault === 'kill') expect([place, broken]).toEqual([place, 'killed']);
        // What is not needed for the result may fail in silence; what is said is the disk's own word.
        else
          expect([place, (broken as Answer).error ?? 'ENOSPC']).toEqual([
            place,
            expect.stringMatching(/ENOSPC/),
          ]);
        expect([before, after], place).toContain(await expectWhole(home));
        expect([place, ((await run({ ...whole, home })) as Answer).error]).toEqual([place, null]);
        expect([place, await expectWhole(home)]).toEqual([place, after]);
        await expectTidy(home);
      };
      const limit = pLimit(3);
      const places = Array.from({ length: changes }, (_, index) => index + 1);
      await Promise.all(places.filter(isOfThisRun).map((at) => limit(tryAt, at)));
    },
  );
});
