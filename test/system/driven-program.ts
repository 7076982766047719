/** Starts driven supervisors, kills them with -9 and starts them again on the same data, at the moment they had. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Calls } from './driven-supervisor.ts';
import { ADMIN_TOKEN, type Api, createApi, REPO } from './program.ts';

type Ask = <Name extends keyof Calls>(
  name: Name,
  ...given: Parameters<Calls[Name]>
) => Promise<Awaited<ReturnType<Calls[Name]>>>;

export type DrivenProgram = {
  readonly api: Api;
  readonly now: number;
  ask: Ask;
  advance(ms: number): Promise<void>;
  /** SIGKILL: no handler runs. */
  kill9(): Promise<void>;
  start(): Promise<void>;
};

const ANSWER_WITHIN_MS = 10_000;

export const openDriven = (data: string, begin = Date.UTC(2030, 0, 1)): DrivenProgram => {
  let child: ChildProcess | null = null;
  let api: Api | null = null;
  let now = begin;
  let calls = 0;
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();

  const ask: Ask = (name, ...given) =>
    new Promise((resolve, reject) => {
      calls += 1;
      waiting.set(calls, { resolve: resolve as (result: unknown) => void, reject });
      const call = calls;
      child?.send({ call, name, given });
      const late = setTimeout(() => {
        if (waiting.delete(call)) reject(new Error(`${name}(${JSON.stringify(given)}) has had no answer`));
      }, ANSWER_WITHIN_MS);
      late.unref();
    });

  const launch = () => {
    const launched = spawn(
      process.execPath,
      [join(REPO, 'test', 'system', 'driven-supervisor.ts'), String(now)],
      {
        env: {
          PATH: process.env.PATH ?? '',
          HOME: process.env.HOME ?? '',
          KEEPWELL_DATA: data,
          KEEPWELL_PORT: '0',
          KEEPWELL_ADMIN_TOKEN: ADMIN_TOKEN,
          KEEPWELL_PLUGIN_CHECK_EVERY: '1m',
        },
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      },
    );
    launched.on('message', ({ call, result, error }: { call: number; result?: unknown; error?: string }) => {
      const waiter = waiting.get(call);
      waiting.delete(call);
      if (error === undefined) waiter?.resolve(result);
      else waiter?.reject(new Error(error));
    });
    launched.on('exit', () => {
      for (const { reject } of waiting.values()) reject(new Error('the supervisor is gone'));
      waiting.clear();
    });
    return launched;
  };

  return {
    get api() {
      if (api === null) throw new Error('the supervisor was not started');
      return api;
    },
    get now() {
      return now;
    },
    ask,
    async advance(ms) {
      await ask('advance', ms);
      now += ms;
    },
    async kill9() {
      const dying = child;
      if (dying === null || dying.exitCode !== null || dying.signalCode !== null) return;
      const gone = new Promise((resolve) => dying.once('exit', resolve));
      dying.kill('SIGKILL');
      await gone;
    },
    async start() {
      child = launch();
      api = createApi(await ask('start'));
    },
  };
};
