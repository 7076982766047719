import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { describeTemplate } from '../describe-template.ts';
import { Nullable } from '../schemas/nullable.ts';
import { PlanEntryWire } from '../schemas/plugins.ts';
import { planEntryToWire } from '../wire/plugins.ts';

const Summary = Type.Object({
  name: Type.String(),
  description: Nullable(Type.String()),
  problem: Nullable(Type.String({ description: 'why nothing can be made from it' })),
});

const Detail = Type.Object({
  name: Type.String(),
  description: Nullable(Type.String()),
  version: Nullable(Type.String()),
  runtime: Type.String(),
  agent_runtime: Nullable(Type.String()),
  command: Type.Array(Type.String(), { description: 'empty when the request has to give it' }),
  required_env: Type.Array(Type.String()),
  missing_env: Type.Array(Type.String(), {
    description: 'what neither the template nor a secret of the installation provides',
  }),
  allow_plugins: Nullable(Type.Array(Type.String())),
  plugins: Type.Array(PlanEntryWire, { description: 'what a new workspace would get' }),
  misbehaves: Type.Array(Type.String(), { description: 'by which its agent can be told to misbehave' }),
  problems: Type.Array(Type.Object({ path: Type.String(), message: Type.String() })),
  workspaces: Type.Array(Type.String(), { description: 'names of those that were made from it' }),
});

/** What a workspace can be made from. */
export const templatesRoute = (app: HttpApp, context: HttpContext): void => {
  app.get(
    '/templates',
    {
      config: { auth: 'reader' },
      schema: {
        summary: 'Lists the templates',
        tags: ['catalogue'],
        response: { 200: Type.Object({ items: Type.Array(Summary), next_cursor: Nullable(Type.String()) }) },
      },
    },
    async () => {
      const items = (await context.listTemplates?.()) ?? [];
      return { items: items.map((item) => ({ ...item, problem: item.problem ?? null })), next_cursor: null };
    },
  );

  app.get(
    '/templates/:name',
    {
      config: { auth: 'reader', errors: ['TEMPLATE_NOT_FOUND', 'TEMPLATE_INVALID'] },
      schema: {
        summary: 'Says what a new workspace would get from a template',
        tags: ['catalogue'],
        params: Type.Object({ name: Type.String() }),
        querystring: Type.Object(
          { refresh: Type.Optional(Type.Boolean({ description: 'follows every reference of its plugins' })) },
          { additionalProperties: false },
        ),
        response: { 200: Detail },
      },
    },
    async (request) => {
      const { name } = request.params;
      const detail = await describeTemplate(context, name, { refresh: request.query.refresh ?? false });
      return { ...detail, name, plugins: detail.plugins.map(planEntryToWire) };
    },
  );
};
