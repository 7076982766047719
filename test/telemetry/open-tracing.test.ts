import * as api from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { openTracing } from '../../src/telemetry/open-tracing.ts';

const variablesOf = (env: Record<string, string>): string[] =>
  loadConfig({ env, readFile: () => null }).traces.variables;

const createLog = () => {
  const lines: string[] = [];
  const write = (level: string) => (_details: object, message: string) => lines.push(`${level}: ${message}`);
  return { lines, info: write('info'), warn: write('warn') };
};

describe('traces', () => {
  it('are asked for by the standard variables, and not where those say no', () => {
    expect(variablesOf({})).toEqual([]);
    expect(variablesOf({ OTEL_SERVICE_NAME: 'keepwell' })).toEqual([]);
    expect(variablesOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' })).toEqual(['OTEL_EXPORTER_OTLP_ENDPOINT']);
    expect(variablesOf({ OTEL_TRACES_EXPORTER: 'console' })).toEqual(['OTEL_TRACES_EXPORTER']);
    expect(variablesOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_TRACES_EXPORTER: 'none' })).toEqual(
      [],
    );
    expect(variablesOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_SDK_DISABLED: 'true' })).toEqual([]);
  });

  it('load nothing where nobody asks for them', async () => {
    const log = createLog();
    const load = () => Promise.reject(new Error('loaded'));
    expect(await openTracing({ version: '1', variables: [], named: false }, log, load)).toBeNull();
    expect(log.lines).toEqual([]);
  });

  it('begin with the SDK and end with it', async () => {
    const log = createLog();
    const calls: string[] = [];
    class NodeSDK {
      constructor(options?: { serviceName: string }) {
        calls.push(options?.serviceName ?? 'as the variables say');
      }
      start = () => void calls.push('start');
      shutdown = async () => void calls.push('shutdown');
    }
    const load = async (name: string) => (name === '@opentelemetry/api' ? api : { NodeSDK });
    const open = await openTracing(
      { version: '1', variables: ['OTEL_TRACES_EXPORTER'], named: false },
      log,
      load,
    );
    open?.tracing.requestBegan('GET', '/')(200);
    await open?.close();
    expect(calls).toEqual(['keepwell', 'start', 'shutdown']);
    expect(log.lines).toEqual(['info: traces are sent']);
  });

  it('cost nothing but a line in the log where the SDK does not start', async () => {
    const log = createLog();
    class NodeSDK {
      start = () => {
        throw new Error('no such exporter');
      };
      shutdown = async () => undefined;
    }
    const load = async (name: string) => (name === '@opentelemetry/api' ? api : { NodeSDK });
    expect(
      await openTracing({ version: '1', variables: ['OTEL_TRACES_EXPORTER'], named: false }, log, load),
    ).toBeNull();
    expect(log.lines).toEqual(['warn: nothing is traced: OpenTelemetry did not start']);
  });
});
