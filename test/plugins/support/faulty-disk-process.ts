/**
 * Run as a program: does one thing after another to the plugins of data folders, one for each line of its input, and at
 * the n-th change of the disk either is killed or is told that the disk is full. Answers each with a line; ends with its
 * input.
 */
import callbackFs from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StagedPlugin } from '../../../src/reconcile/ports.ts';

export type Work = 'fetch' | 'git' | 'switch' | 'rollback' | 'garbage';

export type Task = { home: string; work: Work; fault: 'kill' | 'full' | 'none'; at: number; source: string };
export type Answer = { changes: number; error: string | null };

let changes = 0;
let fault: Task['fault'] = 'none';
let at = 0;
const onChange = (): void => {
  changes += 1;
  if (changes !== at) return;
  if (fault === 'kill') process.kill(process.pid, 'SIGKILL');
  throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    syscall: 'write',
  });
};

type Method = (...args: unknown[]) => unknown;
const methodsOf = (object: object) => object as Record<string, Method>;

/**
 * Every way in which this program changes a disk goes through one of these, but for the folders that it makes as it
 * starts. Of bytes that are being written, some are on the disk by then.
 */
const promised = methodsOf(fs);
for (const name of ['mkdir', 'rename', 'rm', 'rmdir', 'symlink', 'copyFile', 'writeFile', 'utimes']) {
  const real = promised[name] as Method;
  promised[name] = async (...args) => {
    onChange();
    return real(...args);
  };
}

const isForWriting = (flags: unknown): boolean => typeof flags === 'string' && flags !== 'r';
const open = fs.open;
promised['open'] = async (...args) => {
  if (isForWriting(args[1])) onChange();
  return open(...(args as Parameters<typeof open>));
};

const handle = await fs.open(import.meta.filename, 'r');
const ofHandles = methodsOf(Object.getPrototypeOf(handle) as object);
await handle.close();
const { write: writeBytes } = ofHandles as { write: Method };
for (const name of ['writeFile', 'write', 'chmod', 'sync', 'datasync']) {
  const real = ofHandles[name] as Method;
  ofHandles[name] = async function (this: FileHandle, ...args) {
    const isLast = changes + 1 === at && name.startsWith('write');
    const bytes = Buffer.from((isLast ? args[0] : '') as string);
    if (bytes.length > 1) await writeBytes.call(this, bytes.subarray(0, bytes.length / 2));
    onChange();
    return real.apply(this, args);
  };
}

/** What streams of bytes go through; they take an error by their callback. */
const called = methodsOf(callbackFs);
for (const name of ['open', 'write', 'writev', 'fsync']) {
  const real = called[name] as Method;
  called[name] = (...args) => {
    try {
      if (name !== 'open' || isForWriting(args[1])) onChange();
    } catch (error) {
      return (args.at(-1) as Method)(error);
    }
    return real(...args);
  };
}
syncBuiltinESMExports();

const { dataFolders } = await import('../../../src/folders.ts');
const { createPluginCache } = await import('../../../src/plugins/cache.ts');
const { parseDeclaration } = await import('../../../src/plugins/declaration.ts');
const { createPluginSets } = await import('../../../src/plugins/sets/plugin-sets.ts');

const { signal } = new AbortController();
const keep: number[] = [];

const perform = async ({ home, work, source }: Task): Promise<void> => {
  const cacheFolder = join(home, 'cache');
  const cache = createPluginCache({
    cacheFolder,
    registryFolder: join(home, 'registry'),
    allowPrivateAddresses: true,
    allowFileUrls: true,
  });
  const sets = createPluginSets({ foldersOf: dataFolders(home).workspace, cacheFolder });
  const works: Record<Work, () => Promise<unknown>> = {
    fetch: () => cache.fetch(parseDeclaration({ source, name: 'new' }), null, signal),
    git: () => cache.fetch(parseDeclaration({ source, name: 'new' }), null, signal),
    async switch() {
      const plugin = await cache.fetch(parseDeclaration('beta'), null, signal);
      const plugins: StagedPlugin[] = [
        { from: 'cache', plugin },
        { from: 'installed', name: 'alpha' },
      ];
      const change = { changed: ['beta'], restartNeeded: true };
      await sets.activate('w1', await sets.stage('w1', plugins, change, signal), { keep, signal });
    },
    rollback: () => sets.restore('w1', 1, { keep, signal }),
    garbage: () => cache.collectGarbage({ sets, workspaceIds: ['w1'], sources: [], unusedForMs: -60_000 }),
  };
  await works[work]();
};

for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line) as Task;
  changes = 0;
  ({ fault, at } = task);
  const error = await perform(task).then(
    () => null,
    (thrown: unknown) => String((thrown as Error).stack),
  );
  process.stdout.write(`${JSON.stringify({ changes, error } satisfies Answer)}\n`);
}
