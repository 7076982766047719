import { Readable } from 'node:stream';
import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { isAmong } from '../if-none-match.ts';

const DownloadParams = Type.Object({
  id: Type.String({ description: 'id or name of a workspace' }),
  name: Type.String({ maxLength: 128, description: 'name of a plugin' }),
});

// None for HEAD.
const Gzip = Type.Unsafe<Readable | undefined>({ type: 'string', format: 'binary' });

/** GET /workspaces/:id/plugins/:name/download: one plugin of the set in force, for agents elsewhere. */
export const downloadRoute = (app: HttpApp, { supervisor }: HttpContext): void => {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/workspaces/:id/plugins/:name/download',
    config: { auth: 'workspace', errors: ['PLUGIN_NOT_INSTALLED'] },
    schema: {
      summary: 'Downloads a plugin as it is installed',
      description:
        'A tar.gz, the same bytes for the same content. Its `ETag` is the tree hash; with `If-None-Match` only ' +
        'another content is sent.',
      tags: ['plugins'],
      params: DownloadParams,
      headers: Type.Object({
        'if-none-match': Type.Optional(Type.String({ description: 'the ETag of what is there already' })),
      }),
      response: {
        200: { content: { 'application/gzip': { schema: Gzip } } },
        304: Type.Unsafe<undefined>({ type: 'null', description: 'It is the same.' }),
      },
    },
    handler: async (request, reply) => {
      const { id, name } = request.params;
      const { treeHash, open } = await supervisor.download(id, name);
      const etag = `"${treeHash}"`;
      // May be kept, but has to be asked for each time: the name stays when the content changes.
      reply.header('etag', etag).header('cache-control', 'private, no-cache');
      if (isAmong(etag, request.headers['if-none-match'])) return reply.code(304).send(undefined);
      reply
        .header('content-type', 'application/gzip')
        .header('content-disposition', `attachment; filename="${safe(name)}.tar.gz"`);
      // Fastify ends the stream when the client leaves.
      return request.method === 'HEAD' ? reply.send(undefined) : reply.send(streamOf(open()));
    },
  });
};

const streamOf = (bytes: AsyncIterable<Uint8Array>): Readable =>
  bytes instanceof Readable ? bytes : Readable.from(bytes, { objectMode: false });

/** Installed plugins have such names; whatever else came in must not end the quotes. */
const safe = (name: string): string => name.replaceAll(/[^\w.-]/g, '_');
