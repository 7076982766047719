import { hash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { KeepwellError } from '../../errors.ts';
import { createBlobStream } from '../git/blob-stream.ts';
import { readComplaint } from '../git/complaint.ts';
import { isFullSha } from '../git/git-ref.ts';
import { listCommit } from '../git/list-commit.ts';
import { ensureCommit, type Remote } from '../git/mirror.ts';
import { lookUpHost } from '../git/public-address.ts';
import { createGit, type GitOptions } from '../git/run-git.ts';
import { createKeyedQueue } from '../keyed-queue.ts';
import type { PluginLimits } from '../limits.ts';
import { isGenerated } from '../tree/generated.ts';
import { type GitSource, gitAddress } from './git-form.ts';
import type { SourceReader } from './source-reader.ts';

export type GitReaderOptions = GitOptions & {
  /** Holds one bare mirror per repository. May be deleted at any time nobody reads. */
  mirrorsFolder: string;
  limits: PluginLimits;
  allowFileUrls: boolean;
  allowPrivateAddresses: boolean;
};

/** Reads plugins out of git repositories, through a mirror, never through a checkout. */
export const createGitReader = (options: GitReaderOptions): SourceReader<GitSource> => {
  const { mirrorsFolder, limits } = options;
  const git = createGit(options);
  const alone = createKeyedQueue();
  mkdirSync(mirrorsFolder, { recursive: true });
  const mirrorOf = (source: GitSource) => join(mirrorsFolder, `${hash('sha256', gitAddress(source))}.git`);

  const reach = async (source: GitSource): Promise<Remote> => {
    const { transport, host } = source;
    const remote = { address: gitAddress(source), transport, config: [] };
    if (transport === 'file') {
      if (options.allowFileUrls) return remote;
      throw new KeepwellError('PLUGIN_SOURCE_REFUSED', {
        message: 'Plugins from git+file are not allowed here.',
      });
    }
    const { name, port, addresses } = await lookUpHost(host, {
      usualPort: transport === 'https' ? 443 : 80,
      allowPrivate: options.allowPrivateAddresses,
    });
    // What was checked is what is connected to, whatever the name means a moment later.
    return {
      ...remote,
      config: isIP(name) ? [] : [`http.curloptResolve=${name}:${port}:${addresses.join(',')}`],
    };
  };

  const resolve = async (source: GitSource, signal: AbortSignal): Promise<string> => {
    if (isFullSha(source.ref)) return source.ref;
    const { address, transport, config } = await reach(source);
    const names = namesOf(source.ref);
    const settings = config.flatMap((line) => ['-c', line]);
    const { status, stdout, stderr } = await git.run(
      [...settings, 'ls-remote', '--quiet', '--', address, ...names],
      signal,
      transport,
    );
    if (status !== 0) throw readComplaint(stderr);
    const lines = stdout.toString().split('\n');
    const commits = new Map(lines.map((line) => [line.slice(41), line.slice(0, 40)]));
    const commit = names.map((name) => commits.get(name)).find((found) => found !== undefined);
    if (commit !== undefined && isFullSha(commit)) return commit;
    throw new KeepwellError('PLUGIN_NOT_FOUND', {
      message: `The repository has no branch or tag ${JSON.stringify(source.ref)}.`,
      hint: 'Name a branch, a tag, or all 40 digits of a commit.',
    });
  };

  return {
    async resolve(source, signal) {
      return { revision: await resolve(source, signal), treeHash: null };
    },
    async *read(source, revision, signal) {
      const mirror = mirrorOf(source);
      const commit = revision ?? (await resolve(source, signal));
      await alone(mirror, () =>
        ensureCommit(git, mirror, commit, { remote: () => reach(source), limits, signal }),
      );
      const blame = async (error: unknown) => {
        if (error instanceof KeepwellError || signal.aborted) return error;
        await alone(mirror, () => rm(mirror, { recursive: true, force: true }));
        return mirrorDamaged(error);
      };

      const listed = await listCommit(git, mirror, commit, source.subpath, signal).catch(
        async (error: unknown) => {
          throw await blame(error);
        },
      );
      const entries = listed.filter(({ path }) => !isGenerated(path));
      const wanted = entries.filter(({ kind }) => kind === 'file').map(({ oid }) => `${oid}\n`);
      const output = git.stream([`--git-dir=${mirror}`, 'cat-file', '--batch'], wanted.join(''), signal);
      const blobs = createBlobStream(output);
      try {
        for (const { path, kind, executable, size, oid } of entries) {
          const bytes = async function* () {
            try {
              yield* blobs.blob(oid);
            } catch (error) {
              throw await blame(error);
            }
          };
          yield { path, kind, executable, setuid: false, size, bytes };
        }
      } finally {
        await output.return(undefined);
      }
    },
  };
};

const mirrorDamaged = (cause: unknown) =>
  new KeepwellError('PLUGIN_FETCH_FAILED', {
    message: 'The mirror of the repository was damaged and dropped.',
    hint: 'It is fetched again by itself.',
    cause,
  });

/** In this order: a tag's commit, a tag that is one, a branch, or any of them by its full name. */
const namesOf = (ref: string): string[] =>
  ref.startsWith('refs/')
    ? [`${ref}^{}`, ref]
    : [`refs/tags/${ref}^{}`, `refs/tags/${ref}`, `refs/heads/${ref}`];
