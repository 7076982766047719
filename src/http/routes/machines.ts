import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { KeepwellError } from '../../errors.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { isAmong } from '../if-none-match.ts';
import { MACHINE_FORMATS } from '../options.ts';
import { MachineChartWire } from '../schemas/machine-chart.ts';
import { MachinesWire } from '../schemas/machine-list.ts';
import { Words } from '../schemas/nullable.ts';

const MachineParams = Type.Object({
  name: Type.String({ description: 'of a machine, as GET /machines lists it' }),
});
const Format = Words(MACHINE_FORMATS, { description: 'json is what XState and its editor read' });

const text = { schema: Type.Unsafe<string>({ type: 'string' }) };
/** By the media type of each format. */
const WRITTEN = {
  'application/json': { schema: Type.Unsafe<string>({ type: 'object', additionalProperties: true }) },
  'text/vnd.mermaid': text,
  'application/scxml+xml': text,
  'image/svg+xml': text,
  'text/vnd.graphviz': text,
};

/** The state machines that run here, to look at. */
export const machineRoutes = (app: HttpApp, { machines }: HttpContext): void => {
  const given = () => {
    if (machines === undefined) throw new KeepwellError('MACHINE_NOT_FOUND');
    return machines;
  };

  app.get(
    '/machines',
    {
      config: { auth: 'reader' },
      schema: {
        summary: 'Lists the state machines',
        tags: ['catalogue'],
        response: {
          200: MachinesWire,
        },
      },
    },
    () => ({ items: machines?.list() ?? [] }),
  );

  app.get(
    '/machines/:name',
    {
      config: { auth: 'reader', errors: ['MACHINE_NOT_FOUND'] },
      schema: {
        summary: 'Writes a state machine in a format of other tools',
        tags: ['catalogue'],
        params: MachineParams,
        querystring: Type.Object({ format: Type.Optional(Format) }, { additionalProperties: false }),
        response: { 200: { content: WRITTEN } },
      },
    },
    async (request, reply) => {
      const { type, text } = await given().write(request.params.name, request.query.format ?? 'json');
      if (type === 'image/svg+xml') allowItsStyle(reply, text);
      return reply.header('content-type', `${type}; charset=utf-8`).send(text);
    },
  );

  app.get(
    '/machines/:name/chart',
    {
      config: { auth: 'reader', errors: ['MACHINE_NOT_FOUND'] },
      schema: {
        summary: 'Draws a state machine: where each state and each transition is',
        description: 'With `If-None-Match` only another drawing is sent.',
        tags: ['catalogue'],
        params: MachineParams,
        headers: Type.Object({
          'if-none-match': Type.Optional(Type.String({ description: 'the ETag of what is there already' })),
        }),
        response: {
          200: MachineChartWire,
          304: Type.Unsafe<undefined>({ type: 'null', description: 'It is the same.' }),
        },
      },
    },
    async (request, reply) => {
      const chart = await given().chart(request.params.name);
      const etag = `"${createHash('sha256').update(JSON.stringify(chart)).digest('base64url').slice(0, 22)}"`;
      reply.header('etag', etag).header('cache-control', 'private, no-cache');
      if (isAmong(etag, request.headers['if-none-match'])) return reply.code(304).send(undefined);
      return chart;
    },
  );
};

/** A picture that is opened by itself may have the style that it came with, and nothing else. */
const allowItsStyle = (reply: FastifyReply, svg: string): void => {
  const style = /<style>(.*?)<\/style>/s.exec(svg)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  reply.header(
    'content-security-policy',
    `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'`,
  );
};
