/** The whole program inside the test's process, with a clock that the test moves, and doors at which its hands wait. */
import pino from 'pino';
import { loadConfig } from '../../src/config.ts';
import { assemble, type World } from '../../src/main.ts';
import { createMemoryClock } from '../../src/testing/memory/memory-clock.ts';
import {
  ADMIN_TOKEN,
  type Answer,
  type Api,
  createApi,
  createDataFolder,
  eventually,
  stopAgents,
  tokenOf,
} from './program.ts';

/** HTTP over a socket, a SQLite file, real processes: only the time is not real. */
export const openInProcess = async ({
  env = {},
  ...given
}: Partial<Omit<World, 'clock'>> & { env?: Record<string, string> } = {}) => {
  const data = createDataFolder();
  const clock = createMemoryClock();
  const open = (changed: Record<string, string> = {}) => {
    const config = loadConfig({
      flags: { data: data.path, port: '0' },
      env: { KEEPWELL_ADMIN_TOKEN: ADMIN_TOKEN, KEEPWELL_BEAT_INTERVAL: '100ms', ...env, ...changed },
    });
    return assemble(config, { log: pino({ level: 'silent' }), ...given, clock });
  };
  let keepwell = open();
  let api = createApi(await keepwell.start());
  return {
    data: data.path,
    clock,
    get api() {
      return api;
    },
    get supervisor() {
      return keepwell.supervisor;
    },
    /** A beat with the token that the present instance was given. */
    beat: (id: string, facts: object = {}) => api.beat(id, tokenOf(data.path, id), facts),
    /** Stops the supervisor, lets `meanwhile` happen, and starts it again on the same data, with settings changed. */
    async restartSupervisor(
      meanwhile: () => Promise<void> | void = () => {},
      changed: Record<string, string> = {},
    ): Promise<void> {
      await keepwell.close();
      await meanwhile();
      keepwell = open(changed);
      api = createApi(await keepwell.start());
    },
    async close(): Promise<void> {
      await keepwell.close();
      stopAgents(data.path);
      data.remove();
    },
  };
};

export type InProcess = Awaited<ReturnType<typeof openInProcess>>;

/** A door that stands open until it is shut; whoever comes to it then waits until it is opened. */
export const createDoor = () => {
  let shut = false;
  const waiting: (() => void)[] = [];
  return {
    async pass(): Promise<void> {
      if (shut) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    shut: (): void => {
      shut = true;
    },
    open: (): void => {
      shut = false;
      for (const go of waiting.splice(0)) go();
    },
    /** Newcomers need not wait any more; whoever waits goes on waiting. */
    letOthersPass: (): void => {
      shut = false;
    },
    isWaitedAt: (): boolean => waiting.length > 0,
  };
};

export type Door = ReturnType<typeof createDoor>;

/** Lets everybody through `door` before they reach one of the real methods. */
export const behind =
  (door: Door, method: string) =>
  <T extends object>(real: T): T => ({
    ...real,
    async [method](...args: unknown[]) {
      await door.pass();
      return (real[method as keyof T] as (...given: unknown[]) => Promise<unknown>)(...args);
    },
  });

export const transitionsOf = (history: Answer[]): Answer[] =>
  history.filter(({ kind }) => kind === 'transition');

/** Rows that lead into `online` from anywhere, itself included. */
export const entriesIntoOnline = (history: Answer[]): Answer[] =>
  transitionsOf(history).filter(
    ({ from, to, event }) =>
      to === 'wanted.online.reconciling' && (from !== to || event !== 'agent.registered'),
  );

export const isConverged = (view: Answer): boolean =>
  view.state === 'wanted.online.converged' && !view.restart_pending;

/** The journal, once it has reached the state that the workspace is in: what is decided is seen before it is written. */
export const writtenHistory = (api: Api, id: string): Promise<Answer[]> =>
  eventually('what was decided being on disk', async () => {
    const { state } = await api.view(id);
    const history = await api.history(id);
    return transitionsOf(history).at(-1).to === state ? history : null;
  });
