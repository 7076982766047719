import type { Schema } from './of-schema.ts';

type Media = { schema: Schema };

export type Operation = {
  method: string;
  path: string;
  parameters: { name: string; in: 'path' | 'query' | 'header'; schema: Schema }[];
  body: Schema | null;
  responses: Record<string, { content?: Record<string, Media> }>;
};

type Document = {
  components: { schemas: Record<string, Schema> };
  paths: Record<
    string,
    Record<
      string,
      {
        parameters?: Operation['parameters'];
        requestBody?: { content: Record<string, Media> };
        responses: Operation['responses'];
      }
    >
  >;
};

/** The operations of an OpenAPI document, its references followed. */
export const operationsOf = ({ paths, components }: Document): Operation[] =>
  Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { parameters = [], requestBody, responses }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      body: requestBody?.content['application/json']?.schema ?? null,
      responses: resolved(responses, components.schemas) as Operation['responses'],
    })),
  );

const resolved = (value: unknown, schemas: Record<string, Schema>): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => resolved(each, schemas));
  if ('$ref' in value) return schemas[String(value.$ref).split('/').at(-1) ?? ''];
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner, schemas)]));
};
