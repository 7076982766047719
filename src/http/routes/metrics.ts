import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';

/** GET /metrics, for Prometheus; there is none where nothing is measured. */
export const metricsRoute = (app: HttpApp, { metrics }: HttpContext): void => {
  if (metrics === undefined) return;
  app.get(
    '/metrics',
    {
      config: { auth: 'metrics' },
      schema: {
        summary: 'Shows what is measured, in the form that Prometheus reads',
        tags: ['health'],
        produces: ['text/plain'],
        response: { 200: Type.String() },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  );
};
