import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { KeepwellError } from '../../errors.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';

/** Plain names, one folder after the other: nothing that could lead elsewhere. */
const ASSET = /^\w[\w.-]*(?:\/\w[\w.-]*)*$/;

/** GET / and what it loads. The page is looked for at each request, so building it needs no restart. */
export const pageRoutes = (app: HttpApp, { uiFolder }: HttpContext): void => {
  const builtPage = async (): Promise<string> => {
    if (uiFolder !== null && (await isFile(join(uiFolder, 'index.html')))) return uiFolder;
    throw new KeepwellError('UI_NOT_BUILT');
  };
  /** To be asked for again each time, and sent only when it is another one. */
  const sendFresh = async (reply: FastifyReply, file: string): Promise<FastifyReply> => {
    const folder = await builtPage();
    return reply.header('cache-control', 'no-cache').sendFile(file, folder, { cacheControl: false });
  };

  app.route({
    method: ['GET', 'HEAD'],
    url: '/',
    config: { auth: 'public', errors: ['UI_NOT_BUILT'] },
    schema: { summary: 'Shows the page', tags: ['page'], response: contentOf('text/html') },
    handler: (_request, reply) => sendFresh(reply, 'index.html'),
  });

  app.route({
    method: ['GET', 'HEAD'],
    url: '/favicon.svg',
    config: { auth: 'public', errors: ['UI_NOT_BUILT', 'ROUTE_NOT_FOUND'] },
    schema: { summary: "Shows the page's icon", tags: ['page'], response: contentOf('image/svg+xml') },
    handler: (_request, reply) => sendFresh(reply, 'favicon.svg'),
  });

  app.route({
    method: ['GET', 'HEAD'],
    url: '/assets/*',
    config: { auth: 'public', errors: ['UI_NOT_BUILT', 'ROUTE_NOT_FOUND'] },
    schema: {
      summary: 'A file that the page loads',
      description: 'A hash of what is in it is part of its name, so it never changes.',
      tags: ['page'],
      response: contentOf('*/*'),
    },
    handler: async (request, reply) => {
      const name = (request.params as { '*': string })['*'];
      const folder = await builtPage();
      if (!ASSET.test(name)) throw new KeepwellError('ROUTE_NOT_FOUND');
      return reply.sendFile(`assets/${name}`, folder, { maxAge: '365d', immutable: true });
    },
  });
};

const contentOf = (type: string) => ({
  200: { content: { [type]: { schema: Type.Unsafe<unknown>({ type: 'string' }) } } },
  304: Type.Unsafe<undefined>({ type: 'null', description: 'It is the same.' }),
});

const isFile = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => null);
  return found?.isFile() ?? false;
};
