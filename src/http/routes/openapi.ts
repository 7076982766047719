import type { HttpApp } from '../app.ts';
import { AnyJson } from '../schemas/nullable.ts';

/** GET /openapi.json: every route, its inputs, answers and errors. */
export const openapiRoute = (app: HttpApp): void => {
  let document: string | null = null;
  app.get(
    '/openapi.json',
    {
      config: { auth: 'public' },
      schema: {
        summary: 'This document',
        tags: ['catalogue'],
        response: { 200: AnyJson<object>({ type: 'object', additionalProperties: true }) },
      },
    },
    (_request, reply) => {
      document ??= JSON.stringify(app.swagger());
      reply.header('content-type', 'application/json; charset=utf-8').serializer((text: string) => text);
      return reply.send(document as never);
    },
  );
};
