import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { createTracing } from '../../src/telemetry/tracing.ts';
import { IDLE, openForTest } from './played-agents.ts';
import { createDataFolder, eventually, startProgram } from './program.ts';

/** Reads what is measured: each sample by its name and labels. */
const readMetrics = (text: string): ((sample: string) => number) => {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^([^#\s]\S*(?: [^}]*})?) (\S+)$/.exec(line) ?? [];
    if (name !== undefined) samples.set(name, Number(value));
  }
  return (sample) => samples.get(sample) ?? 0;
};

describe('the metrics of a program', () => {
  it('count what happened to its fleet, and name no workspace', async () => {
    const { program, create, settle, beat } = await openForTest();
    const one = await create({ name: 'one', command: IDLE });
    const two = await create({ name: 'two', command: IDLE, plugins: ['local://no-such-plugin'] });
    await settle(one.id);
    await beat(two.id);
    await eventually('the second being blocked', async () => {
      const view = await program.api.view(two.id);
      return view.state === 'wanted.online.blocked';
    });
    await program.api.post(`/workspaces/${one.id}/restart`);
    await eventually('the restart', async () => {
      const view = await program.api.view(one.id);
      return view.restarts === 1 && view.status === 'provisioning';
    });
    const before = readMetrics(await program.api.get('/metrics'));
    for (let turn = 0; turn < 7; turn += 1) await beat(two.id);
    const text = String(await program.api.get('/metrics'));
    const value = readMetrics(text);

    expect(value('keepwell_beats_total') - before('keepwell_beats_total')).toBe(7);
    expect(value('keepwell_workspaces{status="online"}')).toBe(1);
    expect(value('keepwell_workspaces{status="provisioning"}')).toBe(1);
    expect(value('keepwell_workspaces{status="failed"}')).toBe(0);
    expect(value('keepwell_restarts_total{reason="operator"}')).toBe(1);
    expect(value('keepwell_reconcile_duration_seconds_count{result="settled"}')).toBeGreaterThan(0);
    expect(value('keepwell_reconcile_duration_seconds_count{result="blocked"}')).toBeGreaterThan(0);
    expect(value('keepwell_transitions_total{from="wanted.online.converged",to="wanted.restarting"}')).toBe(
      1,
    );
    expect(value('keepwell_store_commit_duration_seconds_count')).toBeGreaterThan(5);
    expect(value('keepwell_store_changes_total')).toBeGreaterThan(5);
    expect(value('keepwell_store_writable')).toBe(1);
    expect(value('keepwell_ready')).toBe(1);
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    for (const { id, name } of [one, two]) {
      expect(text).not.toContain(id);
      expect(text).not.toContain(`"${name}"`);
    }

    await program.clock.advance(200_000);
    await eventually('silence being judged', async () => {
      const late = readMetrics(await program.api.get('/metrics'));
      return late('keepwell_lease_lateness_seconds_count') > 0;
    });
  });
});

describe('the traces of a program', () => {
  it('show requests, commits, restarts, and reconciles with a child for each plugin', async () => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const api = { trace, ROOT_CONTEXT, SpanKind, SpanStatusCode };
    const tracing = createTracing(api, provider.getTracer('keepwell'));
    const { program, create, beat } = await openForTest({ tracing });
    const { id } = await create({
      name: 'one',
      command: IDLE,
      plugins: ['local://bad-plugin', 'local://no-such-plugin'],
    });
    await eventually('its restart for the new plugin', async () => {
      await beat(id);
      const view = await program.api.view(id);
      return view.restarts === 1 && view.status === 'online';
    });
    await program.api.request('GET', `/workspaces/${id}`);

    const spans = exporter.getFinishedSpans();
    const named = (name: string): ReadableSpan[] => spans.filter((span) => span.name === name);
    const outcomes = (name: string) =>
      named(name).map(({ attributes, status }) => [attributes['keepwell.result'], status.code]);
    const plugins = named('reconcile.plugin');
    expect(new Set(plugins.map(({ attributes }) => attributes['keepwell.plugin']))).toEqual(
      new Set(['bad-plugin', 'no-such-plugin']),
    );
    expect(outcomes('reconcile.plugin')).toContainEqual(['fetched', SpanStatusCode.UNSET]);
    expect(outcomes('reconcile.plugin')).toContainEqual(['PLUGIN_NOT_FOUND', SpanStatusCode.ERROR]);
    const reconciles = named('reconcile').map((span) => span.spanContext());
    for (const { parentSpanContext } of plugins.slice(0, 2)) {
      expect(reconciles.map(({ spanId }) => spanId)).toContain(parentSpanContext?.spanId);
    }
    const [restart] = named('restart');
    expect(restart?.attributes).toMatchObject({
      'keepwell.workspace': id,
      'keepwell.cause': 'plugins',
      'keepwell.result': 'online',
    });
    expect(named('store.commit').length).toBeGreaterThan(3);
    const [request] = named('GET /workspaces/:id');
    expect(request?.kind).toBe(SpanKind.SERVER);
    expect(request?.attributes['http.response.status_code']).toBe(200);
    expect(spans.some(({ name }) => name.includes('heartbeat'))).toBe(false);
  });

  it('are missed in words where they are asked for and the packages are not installed', async () => {
    const data = createDataFolder();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
    const program = await startProgram({ data: data.path, env });
    expect(program.output()).toContain('npm install @opentelemetry/api @opentelemetry/sdk-node');
    expect(await program.stop()).toBe(0);
    data.remove();
  });
});
