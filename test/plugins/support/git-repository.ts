import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { write } from './scratch.ts';

const IDENTITY = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Author',
  GIT_AUTHOR_EMAIL: 'author@example.org',
  GIT_COMMITTER_NAME: 'Author',
  GIT_COMMITTER_EMAIL: 'author@example.org',
};

export type Repository = {
  folder: string;
  url: string;
  git: (...args: string[]) => string;
  /** Commits these files on top of what is there and returns the commit's SHA. */
  commit(files: Record<string, string | Buffer>): Promise<string>;
  link(path: string, target: string): Promise<string>;
  remove(path: string): Promise<string>;
  executable(path: string): Promise<string>;
};

/** A real repository whose branch is `main`. */
export const createRepository = async (folder: string): Promise<Repository> => {
  await mkdir(folder, { recursive: true });
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: folder, env: IDENTITY, stdio: ['ignore', 'pipe', 'pipe'] })
      .toString()
      .trim();
  git('init', '--quiet', '--initial-branch=main');
  const record = () => {
    git('add', '--all', '--force');
    git('commit', '--quiet', '--allow-empty', '--message', 'Change');
    return git('rev-parse', 'HEAD');
  };
  return {
    folder,
    url: `git+file://${folder}`,
    git,
    async commit(files) {
      await write(folder, files);
      return record();
    },
    async link(path, target) {
      await symlink(target, join(folder, path));
      return record();
    },
    async remove(path) {
      await rm(join(folder, path), { recursive: true });
      return record();
    },
    async executable(path) {
      await chmod(join(folder, path), 0o755);
      return record();
    },
  };
};

/** A git that writes down each command it is given before it runs it. */
export const createCountingGit = async (folder: string) => {
  await mkdir(folder, { recursive: true });
  const program = join(folder, 'counting-git');
  const log = join(folder, 'counting-git.log');
  await writeFile(log, '');
  await writeFile(program, `#!/bin/sh\necho "$*" >> '${log}'\nexec git "$@"\n`, { mode: 0o755 });
  return { program, log };
};
