import { Validator } from '@seriousme/openapi-schema-validator';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isErrorCode } from '../../src/errors.ts';
import { openServer, type TestServer } from './support.ts';

type Media = { schema: TSchema; example?: unknown; examples?: Record<string, { value: unknown }> };
type Response = { description: string; content?: Record<string, Media> };
type Operation = {
  operationId: string;
  summary?: string;
  tags?: string[];
  security: Record<string, string[]>[];
  parameters?: { name: string; in: string; schema: TSchema }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Response>;
};

let server: TestServer;
let document: {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { securitySchemes: object; schemas: Record<string, TSchema> };
};
let operations: { place: string; operation: Operation }[];

beforeAll(async () => {
  server = await openServer();
  document = (await server.send('GET', '/openapi.json', { token: null })).body;
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      place: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );
});
afterAll(() => server.close());

/** What does not hold of an operation, with its place. */
const offenders = (isWrong: (operation: Operation, place: string) => boolean): string[] =>
  operations.filter(({ operation, place }) => isWrong(operation, place)).map(({ place }) => place);

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    expect(document.openapi).toBe('3.1.0');
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
  });

  it('has every route of the server, and no other', () => {
    const documented = new Set(operations.map(({ place }) => place));
    const served = server.routes
      .filter(({ method }) => method !== 'HEAD')
      .map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{file}')}`);
    expect([...documented].filter((place) => !place.startsWith('HEAD ')).sort()).toEqual(served.sort());
  });

  it('gives every operation a name of its own, a summary and a tag', () => {
    const names = operations.map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('getWorkspacesByIdPluginsPlan');
    expect(offenders(({ summary, tags }) => !summary || !tags?.length)).toEqual([]);
  });

  it('says who may call what, by schemes that it explains', () => {
    const known = Object.keys(document.components.securitySchemes);
    const used = operations.flatMap(({ operation }) => operation.security.flatMap(Object.keys));
    expect([...new Set(used)].filter((scheme) => !known.includes(scheme))).toEqual([]);
    const open = offenders(({ security, tags }) => security.length === 0 && tags?.[0] !== 'page');
    expect(open.filter((place) => !place.startsWith('HEAD ')).sort()).toEqual([
      'DELETE /session',
      'GET /buildinfo',
      'GET /health',
      'GET /healthz',
      'GET /openapi.json',
      'GET /readyz',
      'POST /session',
    ]);
  });

  it('describes errors by codes that exist, in a body with `error`, `code` and `hint`', () => {
    const { Problem } = document.components.schemas;
    expect(Problem).toMatchObject({ required: expect.arrayContaining(['error', 'code', 'hint']) });
    for (const { place, operation } of operations) {
      for (const [status, response] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue;
        expect(Object.keys(response.content ?? {}), `${place} ${status}`).toEqual([
          'application/problem+json',
        ]);
        const codes = [...response.description.matchAll(/^`(\w+)`: /gm)].map(([, code]) => code as string);
        expect(codes.length, `${place} ${status}`).toBeGreaterThan(0);
        expect(codes.filter((code) => !isErrorCode(code))).toEqual([]);
      }
    }
  });

  it('names what each request may be refused for before it is understood', () => {
    const lacks = (statuses: string[]) => (operation: Operation) =>
      statuses.some((status) => operation.responses[status] === undefined);
    const writing = operations.filter(({ place }) => !/^(GET|HEAD) /.test(place));
    expect(writing.filter(({ operation }) => lacks(['400', '413', '415'])(operation))).toEqual([]);
    expect(offenders((operation, place) => /\{/.test(place) && lacks(['400', '404'])(operation))).toEqual([]);
    expect(
      offenders((operation) => operation.security.length > 0 && lacks(['401', '429'])(operation)),
    ).toEqual([]);
  });

  it('gives examples and defaults that its own schemas accept', () => {
    let count = 0;
    const check = (schema: TSchema, value: unknown, place: string) => {
      count += 1;
      expect([...Compile(schema).Errors(value)], `${place}: ${JSON.stringify(value)}`).toEqual([]);
    };
    const walk = (schema: unknown, place: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const { examples, default: preset } = schema as { examples?: unknown; default?: unknown };
      if (Array.isArray(examples)) for (const example of examples) check(schema, example, place);
      if (preset !== undefined && 'type' in schema) check(schema, preset, place);
      for (const [key, inner] of Object.entries(schema)) walk(inner, `${place}.${key}`);
    };
    for (const { place, operation } of operations) {
      for (const { name, schema } of operation.parameters ?? []) walk(schema, `${place} ${name}`);
      const bodies = [operation.requestBody, ...Object.values(operation.responses)];
      for (const { schema, example, examples = {} } of bodies.flatMap((body) =>
        Object.values(body?.content ?? {}),
      )) {
        walk(schema, place);
        if (example !== undefined) check(schema, example, place);
        for (const { value } of Object.values(examples)) check(schema, value, place);
      }
    }
    expect(count).toBeGreaterThan(10);
    const createBody = document.paths['/workspaces']?.post?.requestBody?.content['application/json'];
    expect(JSON.stringify(createBody)).toContain('"example');
  });
});

describe('a request for which there is no route', () => {
  it.each([
    ['QUERY', '/workspaces', {}, 405, 'METHOD_NOT_ALLOWED'],
    ['DELETE', '/workspaces', { 'content-type': 'text/plain' }, 405, 'METHOD_NOT_ALLOWED'],
    ['QUERY', '/nowhere', {}, 404, 'ROUTE_NOT_FOUND'],
    ['POST', '/nowhere', { 'content-type': 'application/json' }, 404, 'ROUTE_NOT_FOUND'],
  ])('is refused as such, whatever its body: %s %s %j', async (method, path, headers, status, code) => {
    const answer = await server.send(method, path, { raw: method === 'QUERY' ? '' : '{', headers });
    expect(answer).toMatchObject({ status, body: { code } });
  });
});

describe('a number in a query', () => {
  it.each([
    '/audit?limit=true',
    '/events?after=false',
    '/workspaces?limit=null',
    '/events?after=0.5',
    '/events?after=',
  ])('is not made of a word: %s', async (path) => {
    expect(await server.send('GET', path)).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } });
  });
});
