import { once } from 'node:events';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, openServer, type TestServer } from './support.ts';

let server: TestServer;
let id: string;
let token: string;
/** How often a stream was begun. */
let opened = 0;
beforeAll(async () => {
  server = await openServer();
  ({ id, token } = await server.external('elsewhere'));
});
afterAll(() => server.close());

const HASH = 'a'.repeat(64);
const BYTES = Buffer.from([31, 139, 0, 1, 2, 3, 255]);

beforeEach(() => {
  opened = 0;
  const open = () => {
    opened += 1;
    return Readable.from([BYTES.subarray(0, 3), BYTES.subarray(3)]);
  };
  server.memory.state.downloads = { lint: { treeHash: HASH, open } };
});

const download = (headers: Record<string, string> = {}, { method = 'GET', of = id, by = token } = {}) =>
  fetch(`${server.url}/workspaces/${of}/plugins/lint/download`, {
    method,
    headers: { authorization: `Bearer ${by}`, ...headers },
  });

describe('the download of a plugin', () => {
  it('is its archive, named by its content', async () => {
    const response = await download();
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/gzip',
      etag: `"${HASH}"`,
      'content-disposition': 'attachment; filename="lint.tar.gz"',
      'cache-control': 'private, no-cache',
    });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(BYTES);
  });

  it.each([`"${HASH}"`, `W/"${HASH}"`, `"x", "${HASH}"`, '*'])(
    'is not begun for who has it already: %s',
    async (etag) => {
      const response = await download({ 'if-none-match': etag });
      expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([
        304,
        `"${HASH}"`,
        '',
      ]);
      expect(opened).toBe(0);
    },
  );

  it('is sent to who has something else', async () => {
    expect((await download({ 'if-none-match': `"${'b'.repeat(64)}"` })).status).toBe(200);
    expect(opened).toBe(1);
  });

  it('tells its head without being begun', async () => {
    const response = await download({}, { method: 'HEAD' });
    expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([
      200,
      `"${HASH}"`,
      '',
    ]);
    expect(opened).toBe(0);
  });

  it('is for the administrator and for the workspace itself', async () => {
    const other = await server.external('another');
    expect((await download({}, { by: ADMIN })).status).toBe(200);
    expect((await download({}, { by: other.token })).status).toBe(403);
    expect((await download({}, { by: 'nobody' })).status).toBe(401);
  });

  it('is not there for a plugin that is not installed', async () => {
    for (const name of ['absent', '..%2f..%2fetc', '%22%0d%0ax']) {
      const { status, body } = await server.send('GET', `/workspaces/${id}/plugins/${name}/download`);
      expect([status, body.code]).toEqual([404, 'PLUGIN_NOT_INSTALLED']);
    }
  });

  it('ends its stream when the client leaves', async () => {
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(65_536));
      },
    });
    server.memory.state.downloads = { lint: { treeHash: HASH, open: () => endless } };
    const closed = once(endless, 'close');
    const client = request(`${server.url}/workspaces/${id}/plugins/lint/download`, {
      headers: { authorization: `Bearer ${token}` },
    }).end();
    const [response] = await once(client, 'response');
    await once(response, 'data');
    client.on('error', () => {});
    client.destroy();
    await closed;
    expect(endless.destroyed).toBe(true);
  });

  it('breaks off, and never looks whole, when it cannot be read to its end', async () => {
    const broken = async function* () {
      yield BYTES;
      throw new Error('the disk is gone');
    };
    server.memory.state.downloads = { lint: { treeHash: HASH, open: () => Readable.from(broken()) } };
    const response = await download().catch(() => null);
    if (response !== null) await expect(response.arrayBuffer()).rejects.toThrow();
  });
});
