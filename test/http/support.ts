import { DEFAULT_POLICY } from '../../machines/workspace/policy.ts';
import type { PluginDeclaration } from '../../machines/workspace/spec.ts';
import { KeepwellError } from '../../src/errors.ts';
import type { HttpOptions, TemplateDefaults } from '../../src/http/options.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { systemClock } from '../../src/supervisor/clock.ts';
import { createMemoryDisk, openMemoryStore } from '../../src/testing/memory/memory-store.ts';
import { writePathTest } from '../../src/testing/write-path-test.ts';
import { createMemorySupervisor } from './memory-supervisor.ts';
import { calmVitals } from './vitals.ts';

export const ADMIN = 'admin-token';
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

const TEMPLATES: Record<string, TemplateDefaults> = {
  coder: {
    command: ['coder', '--serve'],
    tier: 2,
    env: { MODE: 'fast', LEVEL: '1' },
    policy: { offlineAfterMs: 60_000, restartBudget: 2 },
    plugins: [{ name: 'base', source: 'local://base' }],
  },
  reader: {
    file: 'config.yaml',
    agentRuntime: 'claude-code',
    requiredEnv: ['API_KEY'],
    pluginAllow: ['local://team-'],
  },
};

/** Reads what these tests declare; the real one belongs to the plugins and is tested there. */
const parseDeclaration = (input: unknown): PluginDeclaration => {
  const given = typeof input === 'string' ? { source: input } : (input as { source: string; name?: string });
  const { name, ...rest } = given;
  const match = /^(?:local:\/\/)?([a-z0-9][a-z0-9._-]*)$/.exec(given.source);
  if (match?.[1] !== undefined) return { ...rest, name: name ?? match[1], source: `local://${match[1]}` };
  throw new KeepwellError(given.source.startsWith('git+') ? 'PLUGIN_UNPINNED' : 'PLUGIN_SOURCE_INVALID');
};

/** A pattern of these tests is the beginning of a source. */
const checkAllowed = (source: string, patterns: readonly string[]): void => {
  if (patterns.some((pattern) => source.startsWith(pattern))) return;
  throw new KeepwellError('PLUGIN_NOT_ALLOWED', { message: `${source} is not on the allow-list.` });
};

/** As loose as JSON is. */
type Loose = ReturnType<typeof JSON.parse>;
type Answer = { status: number; headers: Headers; body: Loose };
type Send = { token?: string | null; body?: unknown; raw?: string; headers?: Record<string, string> };

/** A server on a free port before a supervisor in memory. */
export const openServer = async (changes: Partial<HttpOptions> = {}) => {
  const clock = { now: NOW };
  const memory = createMemorySupervisor(() => clock.now);
  const app = createHttpServer({
    supervisor: memory.supervisor,
    logger: false,
    adminToken: null,
    sessionKey: Buffer.alloc(32, 'k'),
    uiFolder: null,
    build: { version: '1.2.3' },
    parseDeclaration,
    checkAllowed,
    loadTemplate: async (name) => {
      const template = TEMPLATES[name];
      if (template === undefined) throw new KeepwellError('TEMPLATE_NOT_FOUND');
      return template;
    },
    listTemplates: async () => [{ name: 'coder', description: 'Writes code.' }],
    now: () => clock.now,
    enrolment: 'closed',
    policyDefaults: DEFAULT_POLICY,
    vitals: calmVitals,
    notifications: {
      view: () => ({ targets: [], dead: [] }),
      test: async () => ({ ok: true }),
      retry: async () => 0,
    },
    audit: openMemoryStore({ disk: createMemoryDisk(), clock: systemClock }),
    metrics: {
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      text: async () => 'keepwell_ready 1\n',
      token: 'metrics-token',
      isPublic: false,
    },
    writePathTest,
    ...changes,
  });
  const routes: { method: string; url: string; auth: string; hasBody: boolean }[] = [];
  app.addHook('onRoute', ({ method, url, config, schema }) => {
    const auth = String(config?.auth);
    for (const each of [method].flat())
      routes.push({ method: each, url, auth, hasBody: schema?.body !== undefined });
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });

  const send = async (method: string, path: string, request: Send = {}): Promise<Answer> => {
    const {
      token = ADMIN,
      body,
      raw = body === undefined ? undefined : JSON.stringify(body),
      headers,
    } = request;
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(raw === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(raw === undefined ? {} : { body: raw }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== '' ? JSON.parse(text) : text,
    };
  };
  /** A workspace whose agent is elsewhere, with its token. */
  const external = async (name: string, more: object = {}) => {
    const { body } = await send('POST', '/workspaces', { body: { name, external: true, ...more } });
    return { id: body.id as string, token: body.auth_token as string };
  };
  /** A token that lets its holder look. */
  const personWith = (role: string) => async (name: string) => {
    const { body } = await send('POST', '/tokens', { body: { name, role } });
    return { id: body.id as string, token: body.token as string };
  };
  return {
    app,
    url,
    send,
    external,
    viewer: personWith('viewer'),
    relay: personWith('relay'),
    clock,
    memory,
    routes,
    close: () => app.close(),
  };
};

export type TestServer = Awaited<ReturnType<typeof openServer>>;
