import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KeepwellError } from '../../errors.ts';
import type { PluginLimits } from '../limits.ts';
import { isDamage, isOutOfMemory, readComplaint } from './complaint.ts';
import type { Git, Reach } from './run-git.ts';

/** How to reach a repository, and by what alone. `config` is of the form `name=value`. */
export type Remote = Reach & { address: string; host: string; config: readonly string[] };

/**
 * Makes sure that a bare mirror holds one commit, with all that belongs to it.
 *
 * Asks for that commit alone and without its history; if the other side refuses, for every branch and tag. Touches no
 * network when the commit is there. Two calls for one folder must not overlap.
 *
 * @throws {KeepwellError} `PLUGIN_NOT_FOUND`, `PLUGIN_FETCH_FAILED`, `PLUGIN_TOO_LARGE`
 */
export const ensureCommit = async (
  git: Git,
  folder: string,
  commit: string,
  options: { remote: () => Promise<Remote>; limits: PluginLimits; signal: AbortSignal },
): Promise<void> => {
  const { signal } = options;
  if (await hasCommit(git, folder, commit, signal)) return;
  const remote = await options.remote();
  const first = await bringCommit(git, folder, commit, remote, options);
  if (first === 'there') return;
  if (!isDamage(first)) throw readComplaint(first, remote);
  await rm(folder, { recursive: true, force: true });
  const second = await bringCommit(git, folder, commit, remote, options);
  if (second !== 'there') throw readComplaint(second, remote);
};

/** Resolves with what git complained about if the commit could not be had. */
const bringCommit = async (
  git: Git,
  folder: string,
  commit: string,
  remote: Remote,
  { limits, signal }: { limits: PluginLimits; signal: AbortSignal },
): Promise<string> => {
  if ((await packedBytes(folder)) > limits.repositoryBytes)
    await rm(folder, { recursive: true, force: true });
  await clearLeftovers(folder);
  const made = await git.run(['init', '--quiet', '--bare', '--template=', '--', folder], signal);
  if (made.status !== 0) return made.stderr;

  const fetch = async (args: readonly string[]) => {
    try {
      return await withinBytes(folder, limits.repositoryBytes, signal, (bounded) =>
        git.run(fetchCommand(folder, remote, args), bounded, remote),
      );
    } finally {
      await clearLeftovers(folder);
    }
  };
  const alone = await fetch(['--depth=1', '--', remote.address, `+${commit}:refs/keepwell/${commit}`]);
  if (await hasCommit(git, folder, commit, signal)) return 'there';
  if (isOutOfMemory(alone.stderr)) return alone.stderr;

  const isShallow = (await git.run([`--git-dir=${folder}`, 'rev-parse', '--is-shallow-repository'], signal))
    .stdout;
  const deepen = isShallow.toString().trim() === 'true' ? ['--unshallow'] : [];
  const all = await fetch([
    ...deepen,
    '--prune',
    '--',
    remote.address,
    '+refs/heads/*:refs/heads/*',
    '+refs/tags/*:refs/tags/*',
  ]);
  if (await hasCommit(git, folder, commit, signal)) return 'there';
  if (all.status !== 0) return all.stderr;
  throw new KeepwellError('PLUGIN_NOT_FOUND', { message: `The repository has no commit ${commit}.` });
};

const hasCommit = async (git: Git, folder: string, commit: string, signal: AbortSignal): Promise<boolean> =>
  (await git.run([`--git-dir=${folder}`, 'cat-file', '-e', `${commit}^{commit}`], signal)).status === 0;

const fetchCommand = (folder: string, { config }: Remote, args: readonly string[]) => [
  `--git-dir=${folder}`,
  ...config.flatMap((line) => ['-c', line]),
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-recurse-submodules',
  '--no-write-fetch-head',
  '--no-auto-maintenance',
  ...args,
];

/** A git that was killed leaves locks, which would stop every later one, and halves of packs. */
const clearLeftovers = async (folder: string): Promise<void> => {
  const stale = async (part: string, pattern: RegExp) => {
    const names = await readdir(join(folder, part)).catch(() => []);
    for (const name of names.filter((name) => pattern.test(name)))
      await rm(join(folder, part, name), { force: true });
  };
  await stale('.', /\.lock$/);
  await stale('refs/keepwell', /\.lock$/);
  await stale('objects/pack', /^tmp_|\.lock$/);
};

/** Ends the work when a repository turns out to send more than `most` bytes. */
const withinBytes = async <T>(
  folder: string,
  most: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const before = await packedBytes(folder);
  const tooLarge = new AbortController();
  const measure = async () => {
    if ((await packedBytes(folder)) - before <= most) return;
    const message = `The plugin is too large. Its repository sends more than ${most} bytes.`;
    tooLarge.abort(new KeepwellError('PLUGIN_TOO_LARGE', { message }));
  };
  const watch = setInterval(() => void measure(), MEASURED_EVERY_MS);
  try {
    const result = await work(AbortSignal.any([signal, tooLarge.signal]));
    await measure();
    tooLarge.signal.throwIfAborted();
    return result;
  } catch (error) {
    if (tooLarge.signal.aborted) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    throw error;
  } finally {
    clearInterval(watch);
  }
};

const MEASURED_EVERY_MS = 200;

const packedBytes = async (folder: string): Promise<number> => {
  const packs = join(folder, 'objects', 'pack');
  const names = await readdir(packs).catch(() => []);
  const sizes = await Promise.all(names.map((name) => stat(join(packs, name)).catch(() => null)));
  return sizes.reduce((sum, found) => sum + (found?.size ?? 0), 0);
};
