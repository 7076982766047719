import { hash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { KeepwellError } from '../../errors.ts';
import { createBlobStream } from '../git/blob-stream.ts';
import { createVersionCheck } from '../git/check-version.ts';
import { readComplaint } from '../git/complaint.ts';
import { isFullSha } from '../git/git-ref.ts';
import { listCommit } from '../git/list-commit.ts';
import { ensureCommit, type Remote } from '../git/mirror.ts';
import { createGit, type GitOptions } from '../git/run-git.ts';
import { type SshOptions, sshEnvironment } from '../git/ssh-environment.ts';
import { tokenEnvironment } from '../git/token-environment.ts';
import { createKeyedQueue } from '../keyed-queue.ts';
import type { PluginLimits } from '../limits.ts';
import { isPublic, type Lookup, lookUpHost } from '../net/public-address.ts';
import { isGenerated } from '../tree/generated.ts';
import { type GitSource, gitAddress } from './git-form.ts';
import type { SourceReader } from './source-reader.ts';

export type GitReaderOptions = GitOptions & {
  /** Holds one bare mirror per repository. May be deleted at any time nobody reads. */
  mirrorsFolder: string;
  limits: PluginLimits;
  allowFileUrls: boolean;
  allowPrivateAddresses: boolean;
  /** The token for a host, its port included if that is not the usual one; asked for whenever it is reached. */
  tokenFor: (host: string) => string | null;
  ssh: SshOptions;
  lookup?: Lookup | undefined;
};

/** Reads plugins out of git repositories, through a mirror, never through a checkout. */
export const createGitReader = (options: GitReaderOptions): SourceReader<GitSource> => {
  const { mirrorsFolder, limits } = options;
  const git = createGit(options);
  const checkVersion = createVersionCheck(git);
  const alone = createKeyedQueue();
  mkdirSync(mirrorsFolder, { recursive: true });
  const mirrorOf = (source: GitSource) => join(mirrorsFolder, `${hash('sha256', gitAddress(source))}.git`);

  const reach = async (source: GitSource, signal: AbortSignal): Promise<Remote> => {
    const { transport, host } = source;
    const remote = { address: gitAddress(source), host, transport, config: [], env: {} };
    if (transport === 'file') {
      if (options.allowFileUrls) return remote;
      throw new KeepwellError('PLUGIN_SOURCE_REFUSED', {
        message: 'Plugins from git+file are not allowed here.',
        hint: 'The operator allows them with `plugin_allow_file`.',
      });
    }
    const found = await lookUpHost(host, {
      usualPort: USUAL_PORT[transport],
      allowPrivate: options.allowPrivateAddresses,
      ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
    });
    if (transport === 'ssh') return { ...remote, env: sshEnvironment(found, options.ssh) };
    await checkVersion(signal);
    const { name, port, addresses } = found;
    // Nobody can read a token off the wire: whoever writes http in an address would send it across the world.
    const isSafe = transport === 'https' || !addresses.some(isPublic);
    // What was checked is what is connected to, whatever the name means a moment later.
    return {
      ...remote,
      env: tokenEnvironment(remote.address, isSafe ? options.tokenFor(host) : null),
      config: isIP(name) ? [] : [`http.curloptResolve=${name}:${port}:${addresses.join(',')}`],
    };
  };

  const resolve = async (source: GitSource, signal: AbortSignal): Promise<string> => {
    if (isFullSha(source.ref)) return source.ref;
    const remote = await reach(source, signal);
    const { address, config } = remote;
    const names = namesOf(source.ref);
    const settings = config.flatMap((line) => ['-c', line]);
    const { status, stdout, stderr } = await git.run(
      [...settings, 'ls-remote', '--quiet', '--', address, ...names],
      signal,
      remote,
    );
    if (status !== 0) throw readComplaint(stderr, remote);
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
        ensureCommit(git, mirror, commit, { remote: () => reach(source, signal), limits, signal }),
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

const USUAL_PORT = { https: 443, http: 80, ssh: 22 } as const;

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
