import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { createCatalogue } from '../../src/inspect/catalogue.ts';
import { openServer, type TestServer } from './support.ts';

const light = createMachine({
  id: 'light',
  description: 'It changes.',
  initial: 'red',
  states: { red: { on: { turned: 'green' } }, green: { on: { turned: 'red' } } },
});

let server: TestServer;
beforeAll(async () => {
  server = await openServer({ machines: createCatalogue([light]) });
});
afterAll(() => server.close());

describe('GET /machines', () => {
  it('lists the machines with their size', async () => {
    const { status, body } = await server.send('GET', '/machines');
    expect(status).toBe(200);
    expect(body).toEqual({
      items: [{ name: 'light', description: 'It changes.', states: 2, transitions: 2 }],
    });
  });

  it('is for readers alone', async () => {
    const { token: viewer } = await server.viewer('vera');
    const { token: agent } = await server.external('agent');
    const statusOf = async (token: string | null, path: string) =>
      (await server.send('GET', path, { token })).status;
    for (const path of ['/machines', '/machines/light', '/machines/light/chart']) {
      expect(await Promise.all([viewer, null, agent].map((token) => statusOf(token, path)))).toEqual([
        200, 401, 403,
      ]);
    }
  });
});

describe('GET /machines/:name', () => {
  it.each([
    ['json', 'application/json', /"initial": "red"/],
    ['mermaid', 'text/vnd.mermaid', /^stateDiagram-v2/],
    ['scxml', 'application/scxml+xml', /<scxml /],
    ['svg', 'image/svg+xml', /^<svg /],
    ['dot', 'text/vnd.graphviz', /^digraph /],
  ])('writes it as %s', async (format, type, beginning) => {
    const { status, headers, body } = await server.send('GET', `/machines/light?format=${format}`);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe(`${type}; charset=utf-8`);
    expect(typeof body === 'string' ? body : JSON.stringify(body, null, 2)).toMatch(beginning);
  });

  it('lets a picture that is opened by itself have its own style and nothing else', async () => {
    const { headers, body } = await server.send('GET', '/machines/light?format=svg');
    const [, style = ''] = /<style>([^]+)<\/style>/.exec(body) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers.get('content-security-policy')).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'`,
    );
    const other = await server.send('GET', '/machines/light?format=scxml');
    expect(other.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
  });

  it('writes JSON unless told otherwise', async () => {
    const { body } = await server.send('GET', '/machines/light');
    expect(Object.keys(createMachine(body).root.states)).toEqual(['red', 'green']);
  });

  it.each(['/machines/dark', '/machines/dark?format=svg', '/machines/dark/chart', '/machines/constructor'])(
    'knows no other: %s',
    async (path) => {
      const { status, body } = await server.send('GET', path);
      expect([status, body.code]).toEqual([404, 'MACHINE_NOT_FOUND']);
    },
  );

  it('refuses a format that there is not', async () => {
    const { status, body } = await server.send('GET', '/machines/light?format=pdf');
    expect([status, body.code]).toEqual([400, 'BAD_REQUEST']);
  });
});

describe('GET /machines/:name/chart', () => {
  it('draws it once for those who have it', async () => {
    const first = await server.send('GET', '/machines/light/chart');
    expect(first.body).toMatchObject({
      name: 'light',
      nodes: [{ id: 'red', kind: 'atomic' }, { id: 'green' }],
    });
    expect(first.body.edges.map(({ id }: { id: string }) => id)).toEqual([
      '|initial|0',
      'red|turned|0',
      'green|turned|0',
    ]);
    const etag = first.headers.get('etag') as string;
    const again = await server.send('GET', '/machines/light/chart', { headers: { 'if-none-match': etag } });
    expect([again.status, again.body]).toEqual([304, '']);
  });
});

it('has none when it was given none', async () => {
  const bare = await openServer();
  const { body } = await bare.send('GET', '/machines');
  const { status } = await bare.send('GET', '/machines/light');
  await bare.close();
  expect([body, status]).toEqual([{ items: [] }, 404]);
});
