import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came from an agent. */
export type Heard = {
  method: string;
  /** Without what comes after `?`. */
  path: string;
  query: string;
  headers: IncomingMessage['headers'];
  token: string | null;
  text: string;
  /** Its JSON object; null when it is something else. */
  body: Record<string, unknown> | null;
  /** Monotonic milliseconds. */
  at: number;
};

export type Told = {
  status?: number;
  /** JSON, or bytes or text as they are. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Milliseconds before it is answered. */
  afterMs?: number;
  /** Ends the connection without an answer. */
  hangUp?: boolean;
};

export type FakeServer = {
  url: string;
  heard: Heard[];
  beats(): Heard[];
  /** What is answered from now on; what it leaves undefined is answered as a well-disposed server would. */
  tell(answer: (heard: Heard) => Told | undefined): void;
  /** How often it asks for beats. */
  interval(seconds: unknown): void;
  /** Goes away: nobody listens at its address. */
  leave(): Promise<void>;
  /** Comes back at the same address. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
};

const LONGEST_BODY = 1024 * 1024;

/** A server of one workspace, as small as can be: it notes what comes and answers as it is told. */
export const openFakeServer = async (intervalSeconds: number): Promise<FakeServer> => {
  const heard: Heard[] = [];
  let answer: (heard: Heard) => Told | undefined = () => undefined;
  let interval: unknown = intervalSeconds;

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const entry = await hear(request);
    heard.push(entry);
    const {
      status = 200,
      body,
      headers = {},
      afterMs = 0,
      hangUp = false,
    } = answer(entry) ?? usual(entry, interval);
    if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
    if (hangUp || response.destroyed) return void response.destroy();
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body === undefined ? undefined : isRaw ? body : JSON.stringify(body));
  };

  let server: Server | null = null;
  const listen = async (port: number): Promise<number> => {
    server = createServer((request, response) => {
      respond(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      server?.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return (server.address() as AddressInfo).port;
  };
  const leave = async (): Promise<void> => {
    const leaving = server;
    server = null;
    if (leaving === null) return;
    const closed = new Promise((resolve) => leaving.close(resolve));
    leaving.closeAllConnections();
    await closed;
  };
  const port = await listen(0);

  return {
    url: `http://127.0.0.1:${port}`,
    heard,
    beats: () => heard.filter(({ path }) => path === '/registry/heartbeat'),
    tell: (next) => {
      answer = next;
    },
    interval: (seconds) => {
      interval = seconds;
    },
    leave,
    comeBack: async () => void (await listen(port)),
    close: leave,
  };
};

const hear = async (request: IncomingMessage): Promise<Heard> => {
  const at = performance.now();
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > LONGEST_BODY) break;
  }
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const { headers, method = '' } = request;
  const token = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? null;
  return { method, path, query, headers, token, text, body: asObject(text), at };
};

const asObject = (text: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
};

const LEASE_MS = 180_000;

/** What a well-disposed server answers. */
const usual = ({ path }: Heard, interval: unknown): Told => {
  if (path === '/registry/register') return { body: { status: 'registered' } };
  if (path === '/registry/update-card') return { body: { status: 'updated' } };
  if (path === '/registry/heartbeat') return { body: beatReply({ interval_seconds: interval }) };
  return refusal(404, 'ROUTE_NOT_FOUND', 'There is no such route.');
};

export const beatReply = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  status: 'ok',
  workspace_status: 'online',
  generation: 1,
  interval_seconds: 1,
  lease_expires_at: new Date(Date.now() + LEASE_MS).toISOString(),
  restart_pending: false,
  plugins_generation: 0,
  plugins_pending: false,
  ...more,
});

export const refusal = (
  status: number,
  code: string,
  error: string,
  headers: Record<string, string> = {},
): Told => ({ status, body: { error, code, hint: '', title: error, status }, headers });
