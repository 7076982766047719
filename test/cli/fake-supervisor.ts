import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WireRow, WireView } from '../../src/cli/wire.ts';

type Seen = {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: IncomingMessage['headers'];
  body: unknown;
};
type Answer = { status?: number; body?: unknown; text?: string };
type Handler = Answer | ((request: Seen) => Answer | Promise<Answer>);

export type FakeSupervisor = Awaited<ReturnType<typeof openFakeSupervisor>>;

/** A moment of the story that a test tells, in milliseconds since its begin. */
export const at = (ms: number): string => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();

export const viewOf = (changes: Partial<WireView> = {}): WireView => ({
  id: '01jgdemo000000000000000000',
  name: 'demo',
  status: 'provisioning',
  state: 'wanted.provisioning',
  since: at(0),
  reason: null,
  role: null,
  tier: 1,
  runtime: 'process',
  url: null,
  incarnation: 1,
  generation: 1,
  observed_generation: 0,
  last_heartbeat_at: null,
  lease_expires_at: null,
  last_error_rate: null,
  last_sample_error: null,
  active_tasks: null,
  current_task: null,
  uptime_seconds: null,
  deadline: null,
  restart_pending: false,
  restarts: 0,
  plugins: {
    declared: 1,
    installed: 0,
    failed: 0,
    generation: 0,
    pending: false,
    held: [],
    blocked: [],
  },
  spec: { name: 'demo', template: 'seo-agent' },
  created_at: at(0),
  ...changes,
});

export const converged = (changes: Partial<WireView> = {}): WireView =>
  viewOf({
    status: 'online',
    state: 'wanted.online.converged',
    observed_generation: changes.generation ?? 1,
    plugins: {
      declared: 1,
      installed: 1,
      failed: 0,
      generation: 1,
      pending: false,
      held: [],
      blocked: [],
    },
    ...changes,
  });

/** Speaks the wire format: what a test tells it to answer, and a journal that can be followed. */
export const openFakeSupervisor = async () => {
  const handlers = new Map<string, Handler>();
  const seen: Seen[] = [];
  const journal: WireRow[] = [];
  const streams = new Set<ServerResponse>();
  let port = 0;
  let server: Server | null = null;

  const follow = (request: Seen, response: ServerResponse) => {
    const after = Number(request.headers['last-event-id'] ?? request.query.after ?? journal.at(-1)?.seq ?? 0);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`retry: 2000\nid: ${after}\n\n: keep-alive\n\n`);
    for (const row of journal) if (row.seq > after) response.write(eventOf(row));
    streams.add(response);
    response.on('close', () => streams.delete(response));
  };

  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const request = await readRequest(incoming);
    seen.push(request);
    if (request.headers.accept === 'text/event-stream') return follow(request, response);
    const handler = handlers.get(`${request.method} ${request.path}`) ?? NOT_THERE;
    const { status = 200, body, text } = typeof handler === 'function' ? await handler(request) : handler;
    response.writeHead(status, { 'content-type': text === undefined ? 'application/json' : 'text/plain' });
    response.end(text ?? JSON.stringify(body));
  };

  const up = () =>
    new Promise<void>((resolve) => {
      const opened = createServer((incoming, response) => void serve(incoming, response));
      opened.listen(port, '127.0.0.1', () => {
        port = (opened.address() as AddressInfo).port;
        server = opened;
        resolve();
      });
    });
  const down = () =>
    new Promise<void>((resolve) => {
      if (server === null) return resolve();
      server.close(() => resolve());
      server.closeAllConnections();
      server = null;
    });
  await up();

  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    answer(route: string, handler: Handler): void {
      handlers.set(route, handler);
    },
    /** Writes a row to the journal and to everybody who follows it. */
    tell(event: string, to: string, more: Partial<WireRow> = {}): void {
      const seq = journal.length + 1;
      const row: WireRow = {
        seq,
        at: at(seq * 1_000),
        workspace_id: viewOf().id,
        event,
        from: journal.at(-1)?.to ?? null,
        to,
        kind: 'transition',
        reason: null,
        cause: null,
        ...more,
      };
      journal.push(row);
      for (const stream of streams) stream.write(eventOf(row));
    },
    journal,
    streams,
    /** As if killed: every connection breaks, nobody listens. */
    down,
    up,
    close: down,
  };
};

const NOT_THERE: Answer = {
  status: 404,
  body: {
    error: 'There is no such route.',
    code: 'ROUTE_NOT_FOUND',
    hint: 'GET /openapi.json lists them all.',
  },
};

const eventOf = (row: WireRow): string =>
  `id: ${row.seq}\nevent: ${row.event}\ndata: ${JSON.stringify(row)}\n\n`;

const readRequest = async (incoming: IncomingMessage): Promise<Seen> => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://fake');
  const text = Buffer.concat(chunks).toString();
  return {
    method: incoming.method ?? 'GET',
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: incoming.headers,
    body: text === '' ? null : (JSON.parse(text) as unknown),
  };
};
