import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './until.ts';

export type SeenRequest = {
  path: string;
  body: Record<string, unknown>;
  token: string | null;
  /** Monotonic milliseconds. */
  at: number;
  headers: IncomingHttpHeaders;
};
export type Reply = { status?: number; body?: unknown; headers?: Record<string, string> };

/** A server on a socket that plays the registry routes: it notes what comes and answers as it is told. */
export const openRegistryServer = async (port = 0) => {
  const seen: SeenRequest[] = [];
  const told: { heartbeat: (request: SeenRequest) => Reply; register: (request: SeenRequest) => Reply } = {
    heartbeat: () => beatReply(),
    register: () => ({ body: { status: 'registered' } }),
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const entry: SeenRequest = {
      path: request.url ?? '',
      body: JSON.parse(Buffer.concat(chunks).toString() || '{}'),
      token: request.headers.authorization?.replace(/^Bearer /, '') ?? null,
      at: performance.now(),
      headers: request.headers,
    };
    seen.push(entry);
    const {
      status = 200,
      body = {},
      headers = {},
    } = entry.path === '/registry/register' ? told.register(entry) : told.heartbeat(entry);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  const beats = () => seen.filter(({ path }) => path === '/registry/heartbeat');

  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    told,
    seen,
    beats,
    lastBeat: () => beats().at(-1)?.body ?? {},
    /** Resolves once `count` beats have come in all. */
    heard: (count: number) => until(() => beats().length >= count, `${count} beats`),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
};

export type RegistryServer = Awaited<ReturnType<typeof openRegistryServer>>;

/** What a well-disposed server says to a beat; fast, so that tests are. */
export const beatReply = (over: Record<string, unknown> = {}): Reply => ({
  body: {
    status: 'ok',
    workspace_status: 'online',
    generation: 1,
    interval_seconds: 0.1,
    lease_expires_at: new Date(Date.now() + 180_000).toISOString(),
    restart_pending: false,
    ...over,
  },
});

export const refusal = (status: number, code: string, headers: Record<string, string> = {}): Reply => ({
  status,
  body: { error: `refused with ${code}`, code, hint: '' },
  headers,
});
