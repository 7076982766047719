import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What came of one test. `title` is its own, without those around it. */
export type Tested = { file: string; title: string; status: string; failure: string | null };

export type TestRun = {
  tests: Tested[];
  /** Files that could not even be loaded, with why. */
  unloadable: { file: string; message: string }[];
};

/** Longer than any one test takes, also on a busy machine. */
const LONGEST_MS = 180_000;
/** All of what runs, so that nothing of it outlives this program. */
const running = new Set<number>();
process.once('exit', () => {
  for (const pid of running) end(pid);
});

type Report = {
  testResults: {
    name: string;
    message: string;
    assertionResults: { title: string; status: string; failureMessages: string[] | null }[];
  }[];
};

/**
 * Runs test files of a copy with vitest; with `titles`, those tests of them alone.
 *
 * @param run.bail How many may fail before the others are left out; 0, the default, for any number.
 * @param run.withinMs How long all of it may take. Default 3 min.
 * @throws when vitest said nothing by then, or nothing that makes sense
 */
export const runTests = async (
  folder: string,
  {
    files,
    titles = [],
    bail = 0,
    withinMs = LONGEST_MS,
  }: { files: readonly string[]; titles?: readonly string[]; bail?: number; withinMs?: number },
): Promise<TestRun> => {
  const report = join(folder, 'vitest-report.json');
  await rm(report, { force: true });
  const named = titles.length === 0 ? [] : ['-t', titles.map((title) => `(${patternOf(title)}$)`).join('|')];
  const options = ['--config', 'test/vitest.config.ts', '--reporter=json', `--outputFile=${report}`];
  const vitest = join(folder, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', ...options, `--bail=${bail}`, ...named, ...files], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
    // With its workers, so that all of it can be ended.
    detached: true,
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-4_000);
  });
  const { pid = 0 } = child;
  running.add(pid);
  const timer = setTimeout(() => end(pid), withinMs);
  try {
    await once(child, 'close');
  } finally {
    clearTimeout(timer);
    running.delete(pid);
  }
  try {
    return read(JSON.parse(await readFile(report, 'utf8')) as Report, folder);
  } catch (cause) {
    throw new Error(`vitest did not get to its end: ${complaint}`, { cause });
  }
};

/** Ends a process with all that it started. */
const end = (pid: number): void => {
  if (pid === 0) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself just now.
  }
};

const read = ({ testResults }: Report, folder: string): TestRun => {
  const fileOf = (name: string) => name.slice(folder.length + 1);
  return {
    tests: testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ title, status, failureMessages }) => ({
        file: fileOf(name),
        title,
        status,
        failure: status === 'failed' ? (failureMessages?.join('\n') ?? '') : null,
      })),
    ),
    unloadable: testResults
      .filter(({ message, assertionResults }) => message !== '' && assertionResults.length === 0)
      .map(({ name, message }) => ({ file: fileOf(name), message })),
  };
};

/** A title as it is written, where `%s`, `$title` and their like stand for anything, as a pattern. */
export const patternOf = (title: string): string =>
  title
    .split(/%[sidfjo]|\$\w+/)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
