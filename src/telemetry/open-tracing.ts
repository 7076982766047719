import { createTracing, type Tracing } from './tracing.ts';

type Log = Record<'info' | 'warn', (details: object, message: string) => void>;

/** How packages are loaded that may not be there. */
export type Load = (name: string) => Promise<unknown>;

/** The one part of `@opentelemetry/sdk-node` that is used: it reads its own environment variables. */
type Sdk = {
  NodeSDK: new (options?: { serviceName: string }) => { start(): void; shutdown(): Promise<void> };
};

/**
 * Begins to trace, where the standard environment variables ask for it and the packages are installed.
 *
 * @returns null where nothing is traced; where it was asked for, the log says why.
 */
export const openTracing = async (
  wanted: { version: string; variables: readonly string[]; named: boolean },
  log: Log,
  load: Load = (name) => import(name),
): Promise<{ tracing: Tracing; close(): Promise<void> } | null> => {
  const { variables, version, named } = wanted;
  if (variables.length === 0) return null;
  let api: typeof import('@opentelemetry/api');
  let sdk: Sdk;
  try {
    api = (await load('@opentelemetry/api')) as typeof import('@opentelemetry/api');
    sdk = (await load('@opentelemetry/sdk-node')) as Sdk;
  } catch (error) {
    log.warn(
      { variables, problem: (error as Error).message },
      'traces are asked for, but the packages are not there: npm install @opentelemetry/api @opentelemetry/sdk-node',
    );
    return null;
  }
  try {
    const running = named ? new sdk.NodeSDK() : new sdk.NodeSDK({ serviceName: 'keepwell' });
    running.start();
    log.info({ variables }, 'traces are sent');
    return {
      tracing: createTracing(api, api.trace.getTracer('keepwell', version)),
      close: () =>
        running.shutdown().catch((error: unknown) => log.warn({ err: error }, 'the last traces were lost')),
    };
  } catch (error) {
    log.warn({ variables, err: error }, 'nothing is traced: OpenTelemetry did not start');
    return null;
  }
};
