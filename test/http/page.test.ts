import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServer, type TestServer } from './support.ts';

const PAGE =
  '<!doctype html><title>Keepwell</title><script type="module" src="/assets/index-a1b2c3d4.js"></script>';
const SCRIPT = `console.log(${JSON.stringify('keepwell '.repeat(100))});\n`;
const CSP =
  "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';" +
  "font-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none'";

let root: string;
let ui: string;
let server: TestServer;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'keepwell-page-'));
  ui = join(root, 'ui');
  server = await openServer({ uiFolder: ui });
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

/** As a small build leaves it, with a secret beside it. */
const build = () => {
  mkdirSync(join(ui, 'assets/fonts'), { recursive: true });
  writeFileSync(join(root, 'admin-token'), 'hush');
  writeFileSync(join(ui, 'index.html'), PAGE);
  writeFileSync(join(ui, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  writeFileSync(join(ui, 'assets/index-a1b2c3d4.js'), SCRIPT);
  writeFileSync(join(ui, 'assets/index-a1b2c3d4.js.br'), brotliCompressSync(SCRIPT));
  writeFileSync(join(ui, 'assets/index-a1b2c3d4.js.gz'), gzipSync(SCRIPT));
  writeFileSync(join(ui, 'assets/index-a1b2c3d4.css'), 'body{margin:0}');
  writeFileSync(join(ui, 'assets/fonts/mono-a1b2c3d4.woff2'), 'font');
  writeFileSync(join(ui, 'assets/.hidden'), 'hush');
};

type Raw = { status: number; headers: Record<string, unknown>; body: Buffer };
/** Asks for a path exactly as it is written, and takes what comes as it comes. */
const ask = (path: string, { method = 'GET', ...headers }: Record<string, string> = {}): Promise<Raw> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    const asked = request({ hostname, port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });

describe('the page', () => {
  it('that is not built says how to build it, and is there without a restart once it is', async () => {
    for (const path of ['/', '/favicon.svg', '/assets/index-a1b2c3d4.js']) {
      const { status, body } = await server.send('GET', path, { token: null });
      expect([path, status, body.code]).toEqual([path, 503, 'UI_NOT_BUILT']);
      expect(body.hint).toContain('npm run build:ui');
    }
    build();
    const { status, body, headers } = await server.send('GET', '/', { token: null });
    expect([status, body]).toEqual([200, PAGE]);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  });

  it('may load its own files and nothing else, and is framed by nobody', async () => {
    for (const path of ['/', '/favicon.svg', '/assets/index-a1b2c3d4.js', '/assets/none.js']) {
      const { headers } = await server.send('GET', path, { token: null });
      const csp = headers.get('content-security-policy') ?? '';
      if (path !== '/assets/none.js') expect([path, csp]).toEqual([path, CSP]);
      expect(csp).toContain("default-src 'none'");
      expect(csp).not.toContain('unsafe-');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    }
  });

  it('is asked for anew each time, and sent only when it is another one', async () => {
    const first = await ask('/');
    expect(first.headers['cache-control']).toBe('no-cache');
    const again = await ask('/', { 'if-none-match': String(first.headers.etag) });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  it('refuses what cannot hold of a file, and does not fail of it', async () => {
    for (const headers of [{ 'if-match': '"1"' }, { 'if-unmodified-since': new Date(0).toUTCString() }])
      expect((await ask('/', headers)).status).toBe(400);
    expect((await ask('/', { range: 'bytes=900000-' })).status).toBe(200);
  });

  it('is told of without a body too', async () => {
    const { status, headers, body } = await ask('/', { method: 'HEAD' });
    expect([status, headers['content-length'], body.length]).toEqual([200, String(PAGE.length), 0]);
  });

  it.each([
    ['index-a1b2c3d4.js', /javascript/],
    ['index-a1b2c3d4.css', /css/],
    ['fonts/mono-a1b2c3d4.woff2', /font/],
  ])('loads %s, which never changes', async (name, type) => {
    const { status, headers } = await ask(`/assets/${name}`);
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(headers['content-type']).toMatch(type);
  });

  it('comes compressed as it was built, to those who take it', async () => {
    const path = '/assets/index-a1b2c3d4.js';
    for (const [accepted, encoding, size] of [
      ['gzip, br', 'br', brotliCompressSync(SCRIPT).length],
      ['gzip', 'gzip', gzipSync(SCRIPT).length],
      ['identity', undefined, SCRIPT.length],
    ] as const) {
      const { headers, body } = await ask(path, { 'accept-encoding': accepted });
      expect([accepted, headers['content-encoding'], body.length]).toEqual([accepted, encoding, size]);
      expect(headers['content-type']).toMatch(/javascript/);
      expect(String(headers.vary).toLowerCase()).toContain('accept-encoding');
    }
  });

  it.each([
    '/assets/../../admin-token',
    '/assets/..%2f..%2fadmin-token',
    '/assets/%2e%2e/%2e%2e/admin-token',
    '/assets/..%5c..%5cadmin-token',
    '/assets/%252e%252e%252fadmin-token',
    '/assets//etc/passwd',
    '/assets/%2fetc%2fpasswd',
    '/assets/fonts/../../../admin-token',
    '/assets/.hidden',
    '/assets/fonts/.%2e/.hidden',
    '/assets/x%00.js',
    '/assets/',
    '/assets/fonts',
    '/assets/fonts/',
    '/assets/none-a1b2c3d4.js',
    '/../admin-token',
    '/index.html',
  ])('%s leads nowhere', async (path) => {
    const { status, body } = await ask(path);
    expect([400, 404]).toContain(status);
    expect(body.toString()).not.toContain('hush');
    expect(JSON.parse(body.toString()).code).toMatch(/^(ROUTE_NOT_FOUND|BAD_REQUEST)$/);
  });

  it('changes nothing about what other routes answer', async () => {
    const { status, body } = await server.send('GET', '/nowhere');
    expect([status, body.code]).toEqual([404, 'ROUTE_NOT_FOUND']);
    const wrong = await server.send('POST', '/', { body: {} });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

describe('answers of the API', () => {
  it('are not to be taken for pages', async () => {
    for (const path of ['/workspaces', '/healthz', '/session', '/nowhere']) {
      const { headers } = await server.send('GET', path, { token: null });
      expect([path, headers.get('content-security-policy')]).toEqual([
        path,
        "default-src 'none'; frame-ancestors 'none'",
      ]);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    }
  });

  it('to beats cost nothing for browsers', async () => {
    const { id, token } = await server.external('agent');
    const { status, headers } = await server.send('POST', '/registry/heartbeat', {
      token,
      body: { workspace_id: id },
      headers: { cookie: 'keepwell_session=x' },
    });
    expect(status).toBe(200);
    const own = [...headers.keys()].filter((name) => !['connection', 'date', 'keep-alive'].includes(name));
    expect(own.toSorted()).toEqual(['content-length', 'content-type', 'x-request-id']);
  });
});
