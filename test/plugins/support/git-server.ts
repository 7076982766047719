import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export type GitServer = {
  /** `git+http://127.0.0.1:<port>` */
  url: string;
  port: number;
  /** Paths with queries, in the order they came. */
  requests: string[];
  /** Bytes that git answered with so far. */
  sent(): number;
  /** Lets nobody in without this token from now on, whatever the user name; null for everybody again. */
  askFor(token: string | null): void;
  /** What requests identified themselves with, in the order they came; null where they did not. */
  credentials: (string | null)[];
  /** Answers instead of git from now on; null for git again. */
  answerWith(answer: ((request: IncomingMessage, response: ServerResponse) => void) | null): void;
  close(): Promise<void>;
};

/**
 * Serves the repositories below a folder by `git http-backend`, as a real host does.
 *
 * An `old` server speaks the first protocol, in which commits that are no branch's tip cannot be asked for.
 */
export const startGitServer = async (root: string, { old = false } = {}): Promise<GitServer> => {
  const backend = `${execFileSync('git', ['--exec-path']).toString().trim()}/git-http-backend`;
  const requests: string[] = [];
  const credentials: (string | null)[] = [];
  let wanted: string | null = null;
  let sent = 0;
  let answer: ((request: IncomingMessage, response: ServerResponse) => void) | null = null;
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const given = credentialsOf(request);
    credentials.push(given);
    if (wanted !== null && given !== wanted)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    else if (answer) answer(request, response);
    else
      serve(backend, root, old, request, response, (bytes) => {
        sent += bytes;
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  onTestFinished(close);
  return {
    url: `git+http://127.0.0.1:${port}`,
    port,
    requests,
    credentials,
    sent: () => sent,
    askFor: (token) => {
      wanted = token;
    },
    answerWith: (next) => {
      answer = next;
    },
    close,
  };
};

/** The password of Basic authentication. */
const credentialsOf = (request: IncomingMessage): string | null => {
  const [, encoded] = /^Basic (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
  return encoded === undefined
    ? null
    : Buffer.from(encoded, 'base64')
        .toString()
        .replace(/^[^:]*:/, '');
};

const serve = (
  backend: string,
  root: string,
  old: boolean,
  request: IncomingMessage,
  response: ServerResponse,
  count: (bytes: number) => void,
) => {
  const url = new URL(request.url ?? '/', 'http://host');
  const child = spawn(backend, [], {
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      REMOTE_ADDR: '127.0.0.1',
      ...(old ? {} : { GIT_PROTOCOL: String(request.headers['git-protocol'] ?? '') }),
    },
  });
  child.stdin.on('error', () => {});
  request.pipe(child.stdin);
  let head = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    count(chunk.length);
    if (response.headersSent) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const headers = head
      .toString('latin1', 0, end)
      .split('\r\n')
      .map((line) => line.split(': ') as [string, string]);
    const status = headers.find(([name]) => name === 'Status')?.[1];
    for (const [name, value] of headers) if (name !== 'Status') response.setHeader(name, value);
    response.writeHead(Number.parseInt(status ?? '200', 10));
    response.write(head.subarray(end + 4));
  });
  child.on('close', () => response.end());
};
