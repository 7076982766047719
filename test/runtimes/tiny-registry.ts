import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';

const DOCKER = 'application/vnd.docker';

/** A registry that has one image, `hello:1`, which holds a single file, and knows of no other. */
export const startTinyRegistry = async () => {
  const tar = pack();
  tar.entry({ name: 'hello' }, 'hello');
  tar.finalize();
  const layer = await buffer(tar);
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    }),
  );
  const describe = (mediaType: string, blob: Buffer) => ({
    mediaType,
    size: blob.length,
    digest: digestOf(blob),
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${DOCKER}.distribution.manifest.v2+json`,
      config: describe(`${DOCKER}.container.image.v1+json`, config),
      layers: [describe(`${DOCKER}.image.rootfs.diff.tar`, layer)],
    }),
  );
  const answers: Record<string, { body: Buffer; type: string }> = {
    '/v2/': { body: Buffer.from('{}'), type: 'application/json' },
    ...Object.fromEntries(
      ['1', digestOf(manifest)].map((reference) => [
        `/v2/hello/manifests/${reference}`,
        { body: manifest, type: `${DOCKER}.distribution.manifest.v2+json` },
      ]),
    ),
    ...Object.fromEntries(
      [config, layer].map((body) => [
        `/v2/hello/blobs/${digestOf(body)}`,
        { body, type: 'application/octet-stream' },
      ]),
    ),
  };

  const server = createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    if (answer === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] }));
      return;
    }
    const { body, type } = answer;
    response.writeHead(200, {
      'content-type': type,
      'content-length': body.length,
      'docker-content-digest': digestOf(body),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    offered: `${host}/hello:1`,
    unknown: `${host}/unknown:1`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

const digestOf = (blob: Buffer): string => `sha256:${createHash('sha256').update(blob).digest('hex')}`;
