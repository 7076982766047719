import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { KeepwellError } from '../../errors.ts';
import type { GitTransport } from '../sources/git-form.ts';

/** Which git to run. From `env` come PATH, proxies and certificates; nothing else of it is passed on. */
export type GitOptions = {
  git?: string | undefined;
  env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Of each git that talks to others, as far as the system can limit it. Default 1.5 GiB. */
  memoryBytes?: number | undefined;
};

/** The one transport that may be used. Credentials are in `env`, where neither arguments nor addresses show them. */
export type Reach = { transport: GitTransport; env: Readonly<Record<string, string>> };

type GitResult = { status: number | null; stdout: Buffer; stderr: string };

/** Runs git with no shell reading its arguments, without anybody's configuration, and so that nothing from a repository is executed. */
export type Git = {
  /**
   * Runs to the end; a status other than 0 is a result, not an error. Others are reached as `reach` says, or not at all.
   * @throws {KeepwellError} `PLUGIN_TOO_LARGE` when it prints more than 64 MiB
   */
  run(args: readonly string[], signal: AbortSignal, reach?: Reach): Promise<GitResult>;
  /** What it prints as it comes. Leaving early ends it. @throws when git fails */
  stream(args: readonly string[], input: string, signal: AbortSignal): AsyncGenerator<Buffer>;
};

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const MOST_OUTPUT = 64 * 1024 * 1024;
const MOST_COMPLAINTS = 16 * 1024;

export const createGit = ({ git = 'git', env = {}, memoryBytes = 1.5 * 1024 ** 3 }: GitOptions): Git => {
  const start = (args: readonly string[], input: string, reach: Reach | null, signal: AbortSignal) => {
    signal.throwIfAborted();
    // Detached: its own process group, so that its helpers can be ended with it.
    const command = [git, ...HARMLESS, ...args];
    const [program = git, ...rest] = reach === null ? command : [...bounded(memoryBytes), ...command];
    const child: Child = spawn(program, rest, {
      env: { ...passedOn(env), ...SEALED, ...reach?.env, GIT_ALLOW_PROTOCOL: reach?.transport ?? 'none' },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const kill = () => {
      killGroup(child);
    };
    signal.addEventListener('abort', kill, { once: true });
    const complaints = collect(child.stderr, MOST_COMPLAINTS);
    const ended = once(child, 'close').then(
      () => child.exitCode,
      (cause: unknown) => {
        throw notStarted(cause);
      },
    );
    // Whoever reads the output may fail first; then nobody asks how it ended.
    ended.catch(() => {});
    return { child, complaints, ended, finish: () => signal.removeEventListener('abort', kill) };
  };

  return {
    async run(args, signal, reach) {
      const { child, complaints, ended, finish } = start(args, '', reach ?? null, signal);
      try {
        const output = collect(child.stdout, MOST_OUTPUT);
        const status = await ended;
        signal.throwIfAborted();
        if (status === NOT_STARTED) throw notStarted();
        if (output.isFull) throw new KeepwellError('PLUGIN_TOO_LARGE');
        return { status, stdout: output.bytes(), stderr: complaints.bytes().toString() };
      } finally {
        finish();
      }
    },
    async *stream(args, input, signal) {
      const { child, complaints, ended, finish } = start(args, input, null, signal);
      try {
        for await (const chunk of child.stdout) yield chunk as Buffer;
        const status = await ended;
        signal.throwIfAborted();
        if (status !== 0) throw new Error(`git ${args[0]} failed: ${complaints.bytes().toString()}`);
      } finally {
        finish();
        killGroup(child);
      }
    },
  };
};

/**
 * Before what talks to others: so much memory and no more. git keeps all the references that it is told of, and an
 * answer may have no end. Where the system knows no such limit, the deadline is the only one.
 */
const bounded = (bytes: number): string[] => [
  '/bin/sh',
  '-c',
  `ulimit -v ${Math.floor(bytes / 1024)} 2>/dev/null; exec "$@"`,
  'sh',
];

/** What a shell ends with when it finds no such program. */
const NOT_STARTED = 127;

const notStarted = (cause?: unknown) =>
  new KeepwellError('PLUGIN_FETCH_FAILED', {
    message: 'git could not be started.',
    hint: 'Install git where the PATH of the supervisor finds it.',
    ...(cause === undefined ? {} : { cause }),
  });

/** Before every command: no hooks, no helpers, no maintenance, no redirects, packs as they come, little memory. */
const HARMLESS = Object.entries({
  // Larger files are never whole in memory.
  'core.bigFileThreshold': '16m',
  'core.hooksPath': '/dev/null',
  'core.packedGitLimit': '512m',
  'core.packedGitWindowSize': '64m',
  'core.fsmonitor': 'false',
  'core.askPass': '',
  'credential.helper': '',
  'fetch.unpackLimit': '1',
  'gc.auto': '0',
  'http.followRedirects': 'false',
  'maintenance.auto': 'false',
  'pack.threads': '2',
  'submodule.recurse': 'false',
}).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

/** HOME is where credentials might be found (`.netrc`); there is none. */
const SEALED = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  HOME: '/dev/null',
  LC_ALL: 'C',
};

const USUAL_PATH = '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin';
const PASSED_ON =
  /^(PATH|TMPDIR|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|all_proxy|ALL_PROXY|SSL_CERT_(FILE|DIR)|GIT_SSL_CAINFO)$/;

const passedOn = (env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> => ({
  PATH: USUAL_PATH,
  ...Object.fromEntries(Object.entries(env).filter(([name]) => PASSED_ON.test(name))),
});

const killGroup = (child: Child) => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended by itself just now.
  }
};

/** Reads a stream to its end and keeps the beginning. */
const collect = (stream: Readable, most: number) => {
  const chunks: Buffer[] = [];
  let length = 0;
  const collected = {
    isFull: false,
    bytes: () => Buffer.concat(chunks),
  };
  stream.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= most) chunks.push(chunk);
    else collected.isFull = true;
  });
  return collected;
};
