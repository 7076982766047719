/** Child processes of the bench, and how they are asked. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';

export type Started = { child: ChildProcess; name: string; logFile: string };

type StartOptions = {
  script: string;
  /** Where its log goes. */
  scratch: string;
  args?: string[];
  execArgv?: string[];
  env?: Record<string, string>;
};

let count = 0;

/** Starts a script that answers on its IPC channel. */
export const start = ({ script, scratch, args = [], execArgv = [], env = {} }: StartOptions): Started => {
  const name = script.replace(/^.*\//, '');
  count += 1;
  const logFile = join(scratch, `${count}-${name}.log`);
  const log = openSync(logFile, 'w');
  const child = fork(script, args, {
    execArgv,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdio: ['ignore', 'ignore', log, 'ipc'],
  });
  closeSync(log);
  return { child, name, logFile };
};

/** The next message of a process. Rejects with what it last said when it ends instead. */
export const answerOf = async <T>({ child, name, logFile }: Started): Promise<T> => {
  const over = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', { signal: over.signal }).then(([message]) => message as T),
      once(child, 'exit', { signal: over.signal }).then(([code]): never => {
        throw new Error(`${name} ended with ${String(code)}: ${readFileSync(logFile, 'utf8').slice(-2_000)}`);
      }),
    ]);
  } finally {
    over.abort();
  }
};

export const ask = <T>(started: Started, question: string | object): Promise<T> => {
  const answer = answerOf<T>(started);
  started.child.send(question);
  return answer;
};

export const stop = async ({ child }: Started): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
};

/** A port that was free a moment ago. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};
