import type Docker from 'dockerode';
import type {
  ContainerCreateOptions,
  ContainerInfo,
  ContainerInspectInfo,
  GetEventsOptions,
} from 'dockerode';
import type { DurationMs } from '../../../machines/time.ts';
import { createLineSplitter } from '../log-lines.ts';
import { linesOf } from './log-frames.ts';

const ANSWER_MS: DurationMs = 20_000;
const START_MS: DurationMs = 60_000;
const PULL_MS: DurationMs = 600_000;

/** A Docker engine, as far as a driver needs it. Every method rejects when the engine is not reached or not in time. */
export type Engine = {
  /** Containers that bear all these labels (`name=value`), in any state, the latest first. */
  list(labels: readonly string[]): Promise<ContainerInfo[]>;
  /** Null when there is no such container. */
  inspect(id: string): Promise<ContainerInspectInfo | null>;
  /** Returns its id. */
  create(options: ContainerCreateOptions): Promise<string>;
  start(id: string): Promise<void>;
  /** Does nothing where nothing runs. */
  signal(id: string, signal: string): Promise<void>;
  /** Resolves once it does not run, however long that takes. */
  ended(id: string, signal: AbortSignal): Promise<void>;
  /** Kills and removes it; does nothing when there is none. */
  remove(id: string): Promise<void>;
  hasImage(image: string): Promise<boolean>;
  /** False when the registry says that there is no such image, or that it is not ours to have. */
  pull(image: string, signal: AbortSignal): Promise<boolean>;
  hasNetwork(name: string): Promise<boolean>;
  /** Null once the engine listens, then ids of containers with this label as they end. Runs until `signal` aborts or the connection is lost. */
  deaths(label: string, signal: AbortSignal): AsyncIterable<string | null>;
  logs(id: string, wishes: { tail: number; follow: boolean; signal: AbortSignal }): AsyncIterable<string>;
};

/**
 * @param host Such as `unix:///var/run/docker.sock` or `tcp://10.0.0.2:2375`. Null: what `DOCKER_HOST` says, or the
 * socket of this machine.
 * @param answerMs How long an answer may take. Starting, removing and pulling may take longer. Default 20 s.
 */
export const openEngine = (host: string | null, { answerMs = ANSWER_MS } = {}): Engine => {
  let opened: Promise<Docker> | null = null;
  // It takes long to load, and most installations have no container.
  const docker = (): Promise<Docker> => (opened ??= load(host));

  const ask = async <T>(
    what: (docker: Docker, abortSignal: AbortSignal) => Promise<T>,
    withinMs: DurationMs = answerMs,
    signal: AbortSignal | null = null,
  ): Promise<T> => {
    const timeout = AbortSignal.timeout(withinMs);
    const abort = signal === null ? timeout : AbortSignal.any([signal, timeout]);
    const aborted = rejectedBy(abort);
    try {
      // Some calls of the client cannot be aborted: nobody waits for them any more.
      return await Promise.race([what(await docker(), abort), aborted.promise]);
    } catch (error) {
      if (timeout.aborted) {
        throw new Error(`The Docker engine did not answer within ${withinMs / 1_000} s.`, { cause: error });
      }
      throw isUnreachable(error) ? unreachable(error as Error) : error;
    } finally {
      aborted.forget();
    }
  };

  return {
    list: (labels) =>
      ask((engine, abortSignal) =>
        engine.listContainers({ all: true, filters: { label: [...labels] }, abortSignal }),
      ),

    inspect: (id) =>
      ask((engine, abortSignal) =>
        unlessMissing(engine.getContainer(id).inspect({ abortSignal } as object), null),
      ),

    create: (options) =>
      ask(
        async (engine, abortSignal) => (await engine.createContainer({ ...options, abortSignal })).id,
        START_MS,
      ),

    start: (id) =>
      ask(async (engine, abortSignal) => {
        await engine.getContainer(id).start({ abortSignal });
      }, START_MS),

    signal: (id, signal) =>
      ask(async (engine, abortSignal) => {
        const killing = engine.getContainer(id).kill({ signal, abortSignal });
        await unless(killing, [NOT_FOUND, NOT_RUNNING], null);
      }),

    ended: async (id, abortSignal) => {
      const container = (await docker()).getContainer(id);
      await unlessMissing(container.wait({ condition: 'not-running', abortSignal }), null);
    },

    remove: (id) =>
      ask(async (engine, abortSignal) => {
        const removing = engine.getContainer(id).remove({ force: true, v: true, abortSignal });
        await unlessMissing(removing, null);
      }, START_MS),

    hasImage: (image) =>
      ask(async (engine) => (await unlessMissing(engine.getImage(image).inspect(), null)) !== null),

    pull: (image, signal) =>
      ask(
        async (engine, abortSignal) => {
          try {
            const progress = await engine.pull(withTag(image), { abortSignal });
            await new Promise<void>((resolve, reject) => {
              engine.modem.followProgress(progress, (error) => (error ? reject(error) : resolve()));
            });
            return true;
          } catch (error) {
            if (isRefusal(error)) return false;
            throw error;
          }
        },
        PULL_MS,
        signal,
      ),

    hasNetwork: (name) =>
      ask(async (engine) => (await unlessMissing(engine.getNetwork(name).inspect(), null)) !== null),

    async *deaths(label, abortSignal) {
      // As text: of the types of events, the types of the client know all but `container`.
      const filters = JSON.stringify({ type: ['container'], event: ['die'], label: [label] });
      const stream = await (await docker()).getEvents({ filters, abortSignal } as GetEventsOptions);
      yield null;
      const splitter = createLineSplitter();
      for await (const block of stream) {
        for (const line of splitter.push(block as Buffer)) {
          yield (JSON.parse(line) as { Actor: { ID: string } }).Actor.ID;
        }
      }
    },

    async *logs(id, { tail, follow, signal }) {
      const container = (await docker()).getContainer(id);
      const what = { stdout: true, stderr: true, tail, abortSignal: signal };
      if (follow) {
        const stream = await unlessMissing(container.logs({ ...what, follow: true }), null);
        if (stream !== null) yield* linesOf(stream as AsyncIterable<Buffer>);
      } else {
        const whole = await unlessMissing(container.logs({ ...what, follow: false }), null);
        if (whole !== null) yield* linesOf([whole]);
      }
    },
  };
};

/** Whether no engine is there, which says nothing of what runs. */
export const isUnreachable = (error: unknown): boolean =>
  ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EACCES'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  );

const NOT_FOUND = 404;
const NOT_RUNNING = 409;

/** Engines pass on some answers of a registry as errors of their own, or amid the progress. */
const isRefusal = (error: unknown): boolean =>
  (error as { statusCode?: number }).statusCode === NOT_FOUND ||
  /manifest unknown|not known to registry|access denied/i.test((error as Error).message);

const load = async (host: string | null): Promise<Docker> => {
  const { default: Engine } = await import('dockerode');
  if (host === null) return new Engine();
  const { protocol, hostname, port, pathname } = new URL(host);
  if (protocol === 'unix:') return new Engine({ socketPath: pathname });
  return new Engine({ protocol: 'http', host: hostname, port: port || 2375 });
};

const unreachable = (error: Error & { code?: string; address?: string }): Error =>
  Object.assign(
    new Error(`The Docker engine cannot be reached: ${error.message}.`, { cause: error }),
    error.code === undefined ? {} : { code: error.code },
  );

const rejectedBy = (signal: AbortSignal) => {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  return { promise, forget: () => signal.removeEventListener('abort', abort) };
};

const unless = async <T, F>(asked: Promise<T>, statuses: readonly number[], otherwise: F): Promise<T | F> => {
  try {
    return await asked;
  } catch (error) {
    if (statuses.includes((error as { statusCode?: number }).statusCode ?? 0)) return otherwise;
    throw error;
  }
};

const unlessMissing = <T, F>(asked: Promise<T>, otherwise: F): Promise<T | F> =>
  unless(asked, [NOT_FOUND], otherwise);

/** Without a tag, an engine would fetch every one there is. */
const withTag = (image: string): string => (/[:@][^/]+$/.test(image) ? image : `${image}:latest`);
